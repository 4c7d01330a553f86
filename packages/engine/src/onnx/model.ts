/** The structure of an ONNX model, free of its file format. */

/** A model: a graph of operators, with the operator sets that give them their meaning. */
export interface OnnxModel {
  readonly irVersion: number;
  readonly opsets: readonly OnnxOpset[];
  readonly producerName: string;
  readonly producerVersion?: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: OnnxGraph;
  /** Functions local to the model, which nodes call like operators. */
  readonly functions?: readonly OnnxFunction[];
}

/** A set of operators at one version; the domain of ONNX's own operators is the empty string. */
export interface OnnxOpset {
  readonly domain: string;
  readonly version: number;
}

/** Nodes in topological order. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly valueInfo?: readonly OnnxValueInfo[];
}

/** One application of an operator. An empty name among inputs or outputs is an omitted optional one. */
export interface OnnxNode {
  readonly opType: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
  /** Attributes taken from the call of the function that this node stands in: the function's attribute and its type. */
  readonly attributeReferences?: Readonly<
    Record<string, { readonly name: string; readonly type: OnnxAttribute['type'] }>
  >;
  /** Attributes that Tutelage carries through but doesn't interpret (types, sparse tensors): encoded AttributeProtos. */
  readonly opaqueAttributes?: Readonly<Record<string, Uint8Array>>;
  /** Which of several functions of one name is meant. */
  readonly overload?: string;
}

/**
 * An attribute's value. Integers beyond the safe range saturate at plus or minus `Number.MAX_SAFE_INTEGER`, which
 * is written as the largest or smallest int64: exporters use those to say "to the end" in slices.
 */
export type OnnxAttribute =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'tensor'; readonly value: OnnxTensor }
  | { readonly type: 'graph'; readonly value: OnnxGraph }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'tensors'; readonly value: readonly OnnxTensor[] }
  | { readonly type: 'graphs'; readonly value: readonly OnnxGraph[] };

/** A named value's type. */
export interface OnnxValueInfo {
  readonly name: string;
  /** A `DataType` code; 0 where the type is missing or isn't a tensor's. */
  readonly dataType: number;
  /** Undefined for an unknown rank; a dimension is a size, a symbol, or undefined when unknown. */
  readonly shape: readonly (number | string | undefined)[] | undefined;
  /** The encoded TypeProto of a value that isn't a tensor: a sequence, map or optional. */
  readonly opaqueType?: Uint8Array;
}

/** A tensor with its content. */
export interface OnnxTensor {
  readonly name: string;
  /** A `DataType` code. */
  readonly dataType: number;
  readonly dims: readonly number[];
  /**
   * Little-endian elements in row-major order; two or four to a byte for types narrower than one, low bits first.
   * After decoding this is mostly a view into the file's bytes, at any alignment. Empty for strings and external data.
   */
  readonly data: Uint8Array;
  /** The elements, if `dataType` is `STRING`. */
  readonly strings?: readonly string[];
  /** Where the elements are, if they are in another file. */
  readonly external?: OnnxExternalData;
}

/** A range of bytes in a file beside the model. */
export interface OnnxExternalData {
  readonly location: string;
  readonly offset: number;
  readonly length?: number;
  readonly checksum?: string;
}

/** A function: a graph without types, with attributes as parameters. */
export interface OnnxFunction {
  readonly domain: string;
  readonly name: string;
  readonly overload?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Names of the attributes that a call must give. */
  readonly attributes: readonly string[];
  /** Attributes that a call may omit. */
  readonly attributeDefaults: Readonly<Record<string, OnnxAttribute>>;
  readonly nodes: readonly OnnxNode[];
  readonly opsets: readonly OnnxOpset[];
}

/** Element types of ONNX tensors (TensorProto.DataType). */
export const DataType = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
  COMPLEX64: 14,
  COMPLEX128: 15,
  BFLOAT16: 16,
  FLOAT8E4M3FN: 17,
  FLOAT8E4M3FNUZ: 18,
  FLOAT8E5M2: 19,
  FLOAT8E5M2FNUZ: 20,
  UINT4: 21,
  INT4: 22,
  FLOAT4E2M1: 23,
  FLOAT8E8M0: 24,
  UINT2: 25,
  INT2: 26,
} as const;
