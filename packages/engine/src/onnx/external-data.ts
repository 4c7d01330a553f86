import { createHash } from 'node:crypto';
import type { ByteSource } from './byte-source.js';
import { openConfinedFile } from './confined-file.js';
import { inPlace, ModelFileError } from './errors.js';
import { mapTensors } from './map-tensors.js';
import type { OnnxExternalData, OnnxModel, OnnxTensor } from './model.js';
import { tensorBytes } from './tensor.js';

const HASH_BLOCK_BYTES = 1 << 24;

/** A data file, and the ranges of it that have been read. */
interface DataFile {
  readonly file: ByteSource;
  readonly ranges: Map<string, Uint8Array>;
  bytesRead: number;
  sha1?: string;
}

/**
 * Reads the tensor data that a model keeps in other files of its folder (the data files of `model.onnx` lie beside
 * it). Only call this for a model whose folder may be read; see `openConfinedFile` for what is refused.
 * Checksums (SHA-1 of the whole file) are verified where given. Throws `ModelFileError`.
 */
export function readExternalData(model: OnnxModel, folder: string): OnnxModel {
  const files = new Map<string, DataFile>();
  try {
    return mapTensors(model, (tensor) =>
      tensor.external ? loaded(tensor, tensor.external, folder, files) : tensor,
    );
  } finally {
    for (const { file } of files.values()) file.close();
  }
}

function loaded(
  tensor: OnnxTensor,
  external: OnnxExternalData,
  folder: string,
  files: Map<string, DataFile>,
): OnnxTensor {
  const { name, dataType, dims } = tensor;
  try {
    let source = files.get(external.location);
    if (source === undefined) {
      source = { file: openConfinedFile(folder, external.location), ranges: new Map(), bytesRead: 0 };
      files.set(external.location, source);
    }
    if (external.checksum !== undefined) verify(source, external.checksum);
    return { name, dataType, dims, data: readRange(source, external.offset, tensorBytes(dataType, dims)) };
  } catch (error) {
    throw inPlace(error, `tensor '${name}'`);
  }
}

/** Tied weights share one copy; beyond that a file can't yield more bytes than it has. */
function readRange(source: DataFile, offset: number, length: number): Uint8Array {
  const key = `${offset}+${length}`;
  const known = source.ranges.get(key);
  if (known !== undefined) return known;
  source.bytesRead += length;
  if (source.bytesRead > source.file.size) {
    throw new ModelFileError('external tensors that overlap or lie beyond the end of their file');
  }
  const data = source.file.read(offset, length);
  source.ranges.set(key, data);
  return data;
}

const SHA1_HEX = /^[0-9a-f]{40}$/i;

function verify(source: DataFile, checksum: string): void {
  if (!SHA1_HEX.test(checksum)) throw new ModelFileError(`invalid external data checksum: '${checksum}'`);
  source.sha1 ??= sha1(source.file);
  if (source.sha1 !== checksum.toLowerCase()) {
    throw new ModelFileError(`external data has changed: checksum ${source.sha1} instead of ${checksum}`);
  }
}

function sha1(file: ByteSource): string {
  const hash = createHash('sha1');
  for (let offset = 0; offset < file.size; offset += HASH_BLOCK_BYTES) {
    hash.update(file.read(offset, Math.min(HASH_BLOCK_BYTES, file.size - offset)));
  }
  return hash.digest('hex');
}
