import {
  BYTES,
  type Codec,
  FLOAT,
  INT64,
  message,
  optional,
  repeated,
  STRING,
  undecoded,
  type ValueOf,
  withDefault,
} from './message.js';
import { WireType } from './wire.js';

/**
 * The messages of onnx.proto (ONNX 1.23, IR version 14) with their field numbers, as far as Tutelage reads them.
 * Documentation strings, training information and device annotations are skipped.
 */

const STRING_PAIR = message('StringStringEntryProto', {
  key: withDefault(1, STRING, ''),
  value: withDefault(2, STRING, ''),
});

export const TENSOR = message('TensorProto', {
  dims: repeated(1, INT64),
  dataType: withDefault(2, INT64, 0),
  segment: optional(3, BYTES),
  floatData: undecoded(4, WireType.FIXED32),
  int32Data: undecoded(5, WireType.VARINT),
  stringData: repeated(6, BYTES),
  int64Data: undecoded(7, WireType.VARINT),
  name: withDefault(8, STRING, ''),
  rawData: optional(9, BYTES),
  doubleData: undecoded(10, WireType.FIXED64),
  uint64Data: undecoded(11, WireType.VARINT),
  externalData: repeated(13, STRING_PAIR),
  dataLocation: withDefault(14, INT64, 0),
});
export type TensorProto = ValueOf<typeof TENSOR>;

const DIMENSION = message('Dimension', { value: optional(1, INT64), param: optional(2, STRING) });
const SHAPE = message('TensorShapeProto', { dim: repeated(1, DIMENSION) });

/** Only tensor types are looked into; the rest is kept as bytes. */
export const TYPE = message('TypeProto', {
  tensor: optional(
    1,
    message('TypeProto.Tensor', { elemType: withDefault(1, INT64, 0), shape: optional(2, SHAPE) }),
  ),
  sequence: optional(4, BYTES),
  map: optional(5, BYTES),
  denotation: optional(6, STRING),
  opaque: optional(7, BYTES),
  sparseTensor: optional(8, BYTES),
  optional: optional(9, BYTES),
});

const VALUE_INFO = message('ValueInfoProto', { name: withDefault(1, STRING, ''), type: optional(2, TYPE) });
export type ValueInfoProto = ValueOf<typeof VALUE_INFO>;

/** Graphs nest in attributes; this codec ties the knot. */
const NESTED_GRAPH: Codec<GraphProto> = {
  wireType: WireType.BYTES,
  read: (reader) => GRAPH.read(reader),
  write: (writer, value) => GRAPH.write(writer, value),
};

export const ATTRIBUTE = message('AttributeProto', {
  name: withDefault(1, STRING, ''),
  float: optional(2, FLOAT),
  int: optional(3, INT64),
  string: optional(4, BYTES),
  tensor: optional(5, TENSOR),
  graph: optional(6, NESTED_GRAPH),
  floats: repeated(7, FLOAT),
  ints: repeated(8, INT64),
  strings: repeated(9, BYTES),
  tensors: repeated(10, TENSOR),
  graphs: repeated(11, NESTED_GRAPH),
  typeProto: optional(14, BYTES),
  typeProtos: repeated(15, BYTES),
  type: withDefault(20, INT64, 0),
  reference: withDefault(21, STRING, ''),
  sparseTensor: optional(22, BYTES),
  sparseTensors: repeated(23, BYTES),
});
export type AttributeProto = ValueOf<typeof ATTRIBUTE>;

export const NODE = message('NodeProto', {
  inputs: repeated(1, STRING),
  outputs: repeated(2, STRING),
  name: withDefault(3, STRING, ''),
  opType: withDefault(4, STRING, ''),
  attributes: repeated(5, ATTRIBUTE),
  domain: withDefault(7, STRING, ''),
  overload: withDefault(8, STRING, ''),
});
export type NodeProto = ValueOf<typeof NODE>;

export interface GraphProto {
  nodes: NodeProto[];
  name: string;
  initializers: TensorProto[];
  inputs: ValueInfoProto[];
  outputs: ValueInfoProto[];
  valueInfo: ValueInfoProto[];
  sparseInitializers: Uint8Array[];
}
export const GRAPH: Codec<GraphProto> = message('GraphProto', {
  nodes: repeated(1, NODE),
  name: withDefault(2, STRING, ''),
  initializers: repeated(5, TENSOR),
  inputs: repeated(11, VALUE_INFO),
  outputs: repeated(12, VALUE_INFO),
  valueInfo: repeated(13, VALUE_INFO),
  sparseInitializers: repeated(15, BYTES),
});

const OPSET = message('OperatorSetIdProto', {
  domain: withDefault(1, STRING, ''),
  version: withDefault(2, INT64, 0),
});

const FUNCTION = message('FunctionProto', {
  name: withDefault(1, STRING, ''),
  inputs: repeated(4, STRING),
  outputs: repeated(5, STRING),
  attributes: repeated(6, STRING),
  nodes: repeated(7, NODE),
  opsets: repeated(9, OPSET),
  domain: withDefault(10, STRING, ''),
  attributeDefaults: repeated(11, ATTRIBUTE),
  overload: withDefault(13, STRING, ''),
});
export type FunctionProto = ValueOf<typeof FUNCTION>;

export const MODEL = message('ModelProto', {
  irVersion: withDefault(1, INT64, 0),
  producerName: withDefault(2, STRING, ''),
  producerVersion: withDefault(3, STRING, ''),
  graph: optional(7, GRAPH),
  opsets: repeated(8, OPSET),
  metadata: repeated(14, STRING_PAIR),
  functions: repeated(25, FUNCTION),
});
