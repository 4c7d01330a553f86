import { fromAttributeProtos, toAttributeProtos } from './attributes.js';
import { inPlace, ModelFileError, nodePlace } from './errors.js';
import type { OnnxFunction, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from './model.js';
import {
  type FunctionProto,
  type GraphProto,
  MODEL,
  type NodeProto,
  TENSOR,
  TYPE,
  type ValueInfoProto,
} from './schema.js';
import { fromTensorProto, toTensorProto } from './tensor.js';

export * from './model.js';

/**
 * Reads an ONNX model file. Tensors with raw data are views into `bytes`.
 * Throws `ModelFileError` for anything that isn't a well-formed model; the graph's wiring is `validateModel`'s part.
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  const proto = MODEL.decode(bytes);
  if (proto.graph === undefined) throw new ModelFileError('not an ONNX model: it has no graph');
  const metadata: Record<string, string> = Object.create(null);
  for (const { key, value } of proto.metadata) metadata[key] = value;
  return {
    irVersion: proto.irVersion,
    opsets: proto.opsets,
    producerName: proto.producerName,
    ...(proto.producerVersion !== '' && { producerVersion: proto.producerVersion }),
    metadata,
    graph: fromGraphProto(proto.graph),
    ...(proto.functions.length > 0 && { functions: proto.functions.map(fromFunctionProto) }),
  };
}

/**
 * Writes an ONNX model file.
 * Throws `ModelFileError` beyond 2 GiB, and for tensors whose bytes don't match their shape.
 */
export function encodeModel(model: OnnxModel): Uint8Array {
  return MODEL.encode({
    irVersion: model.irVersion,
    producerName: model.producerName,
    producerVersion: model.producerVersion ?? '',
    graph: toGraphProto(model.graph),
    opsets: [...model.opsets],
    metadata: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
    functions: (model.functions ?? []).map(toFunctionProto),
  });
}

/** Reads a file that holds a single TensorProto, as ONNX's test vectors do. Throws `ModelFileError`. */
export function decodeTensor(bytes: Uint8Array): OnnxTensor {
  return fromTensorProto(TENSOR.decode(bytes), 'unnamed tensor');
}

function fromGraphProto(proto: GraphProto): OnnxGraph {
  if (proto.sparseInitializers.length > 0) {
    throw new ModelFileError(`sparse initializers are not supported (graph '${proto.name}')`);
  }
  return {
    name: proto.name,
    nodes: proto.nodes.map(fromNodeProto),
    initializers: proto.initializers.map((tensor) => fromTensorProto(tensor, 'unnamed initializer')),
    inputs: proto.inputs.map(fromValueInfoProto),
    outputs: proto.outputs.map(fromValueInfoProto),
    ...(proto.valueInfo.length > 0 && { valueInfo: proto.valueInfo.map(fromValueInfoProto) }),
  };
}

function toGraphProto(graph: OnnxGraph): GraphProto {
  return {
    nodes: graph.nodes.map(toNodeProto),
    name: graph.name,
    initializers: graph.initializers.map(toTensorProto),
    inputs: graph.inputs.map(toValueInfoProto),
    outputs: graph.outputs.map(toValueInfoProto),
    valueInfo: (graph.valueInfo ?? []).map(toValueInfoProto),
    sparseInitializers: [],
  };
}

function fromNodeProto(proto: NodeProto): OnnxNode {
  const { opType, domain, name, inputs, outputs, overload } = proto;
  const place = nodePlace(proto);
  if (opType === '') throw new ModelFileError(`node without an operator (${place})`);
  try {
    return {
      opType,
      domain,
      name,
      inputs,
      outputs,
      ...fromAttributeProtos(proto.attributes, fromGraphProto),
      ...(overload !== '' && { overload }),
    };
  } catch (error) {
    throw inPlace(error, place);
  }
}

function toNodeProto(node: OnnxNode): NodeProto {
  return {
    inputs: [...node.inputs],
    outputs: [...node.outputs],
    name: node.name,
    opType: node.opType,
    attributes: toAttributeProtos(node, toGraphProto),
    domain: node.domain,
    overload: node.overload ?? '',
  };
}

function fromValueInfoProto({ name, type }: ValueInfoProto): OnnxValueInfo {
  if (type?.tensor === undefined) {
    const opaque = type && { opaqueType: TYPE.encode(type) };
    return { name, dataType: 0, shape: undefined, ...opaque };
  }
  const { elemType, shape } = type.tensor;
  return {
    name,
    dataType: elemType,
    shape: shape?.dim.map(({ value, param }) => value ?? (param || undefined)),
  };
}

function toValueInfoProto({ name, dataType, shape, opaqueType }: OnnxValueInfo): ValueInfoProto {
  if (opaqueType !== undefined) return { name, type: TYPE.decode(opaqueType) };
  if (dataType === 0) return { name, type: undefined };
  const dim = shape?.map((size) => ({
    value: typeof size === 'number' ? size : undefined,
    param: typeof size === 'string' ? size : undefined,
  }));
  return { name, type: { ...NO_TYPE, tensor: { elemType: dataType, shape: dim && { dim } } } };
}

const NO_TYPE = TYPE.decode(new Uint8Array(0));

function fromFunctionProto(proto: FunctionProto): OnnxFunction {
  const { domain, name, inputs, outputs, attributes, opsets, overload } = proto;
  return {
    domain,
    name,
    ...(overload !== '' && { overload }),
    inputs,
    outputs,
    attributes,
    attributeDefaults: fromAttributeProtos(proto.attributeDefaults, fromGraphProto).attributes,
    nodes: proto.nodes.map(fromNodeProto),
    opsets,
  };
}

function toFunctionProto(definition: OnnxFunction): FunctionProto {
  return {
    name: definition.name,
    inputs: [...definition.inputs],
    outputs: [...definition.outputs],
    attributes: [...definition.attributes],
    nodes: definition.nodes.map(toNodeProto),
    opsets: [...definition.opsets],
    domain: definition.domain,
    attributeDefaults: toAttributeProtos({ attributes: definition.attributeDefaults }, toGraphProto),
    overload: definition.overload ?? '',
  };
}
