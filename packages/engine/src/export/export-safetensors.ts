import type { DType } from '../graph/dtype.js';
import type { Tensor } from '../graph/tensor.js';
import { leavesOf, type Tree } from '../graph/tree.js';
import { type SafetensorsDtype, writeSafetensors } from '../weights/safetensors.js';
import { type ModelMetadata, metadataEntries } from './metadata.js';

const formats: Readonly<Record<DType, SafetensorsDtype>> = {
  float32: 'F32',
  float64: 'F64',
  float16: 'F16',
  int32: 'I32',
  int64: 'I64',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
};

/** Writes parameters as a safetensors file, under their dotted paths. Equal parameters give equal bytes. */
export function exportSafetensors(params: Tree<Tensor>, metadata: ModelMetadata = {}): Uint8Array {
  const tensors = leavesOf<Tensor>(params).map(({ path, leaf: { dtype, shape, data } }) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [path, { dtype: formats[dtype], shape, data: bytes }] as const;
  });
  return writeSafetensors(Object.fromEntries(tensors), metadataEntries(metadata));
}
