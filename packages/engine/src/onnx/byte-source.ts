import { ModelFileError } from '../onnx/errors.js';

/** Bytes that can be read in ranges: an array in memory or an open file. */
export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes. Throws `ModelFileError` if the range isn't within the source. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

/** Reads views of an array. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(offset, length) {
      checkRange(offset, length, bytes.length);
      return new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length);
    },
    close() {},
  };
}

/** Throws `ModelFileError` unless the range lies within `size` bytes. */
export function checkRange(offset: number, length: number, size: number): void {
  if (length > size - offset) {
    throw new ModelFileError(`data beyond the end: ${length} bytes at ${offset}, of ${size}`);
  }
}
