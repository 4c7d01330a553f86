import { arrayTypes, type DType, type TypedArray } from '../graph/dtype.js';
import { sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { ModelFileError } from '../onnx/errors.js';
import { DataType, type OnnxTensor } from '../onnx/model.js';
import { bfloat16ToFloat32, halfToFloat32 } from '../weights/float16.js';

const dtypes: Readonly<Record<number, DType>> = {
  [DataType.FLOAT]: 'float32',
  [DataType.DOUBLE]: 'float64',
  // Half precision is for storage: such models are computed, and trained, in float32.
  [DataType.FLOAT16]: 'float32',
  [DataType.BFLOAT16]: 'float32',
  [DataType.INT32]: 'int32',
  [DataType.INT64]: 'int64',
  [DataType.INT8]: 'int8',
  [DataType.UINT8]: 'uint8',
  [DataType.BOOL]: 'bool',
};

const typeNames = new Map(
  Object.entries(DataType).map(([name, code]) => [code as number, name.toLowerCase()]),
);

/** The element type in which an ONNX type is computed. Throws `ModelFileError` for those that the engine does not have. */
export function dtypeOf(dataType: number): DType {
  const dtype = dtypes[dataType];
  if (!dtype) {
    throw new ModelFileError(`element type that is not supported: ${typeNames.get(dataType) ?? dataType}`);
  }
  return dtype;
}

/** Whether the engine computes with an ONNX element type. */
export function isKnownType(dataType: number): boolean {
  return dataType in dtypes;
}

/** A model file's tensor as tensor data; half precision becomes float32. Throws `ModelFileError`. */
export function toTensor(t: OnnxTensor): Tensor {
  const dtype = dtypeOf(t.dataType);
  const shape = [...t.dims];
  const size = sizeOf(shape);
  switch (t.dataType) {
    case DataType.FLOAT16:
      return { dtype, shape, data: halfToFloat32(elements(t.data, Uint16Array, size)) };
    case DataType.BFLOAT16:
      return { dtype, shape, data: bfloat16ToFloat32(elements(t.data, Uint16Array, size)) };
    case DataType.BOOL:
      return { dtype, shape, data: t.data.map((byte) => (byte === 0 ? 0 : 1)) };
    default:
      return { dtype, shape, data: elements<TypedArray>(t.data, arrayTypes[dtype], size) };
  }
}

/** Bytes of a file, which may lie at any alignment, as numbers. */
function elements<A extends TypedArray>(
  bytes: Uint8Array,
  Elements: { readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBuffer, start: number, size: number): A },
  size: number,
): A {
  const aligned = bytes.byteOffset % Elements.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new Elements(aligned.buffer as ArrayBuffer, aligned.byteOffset, size);
}
