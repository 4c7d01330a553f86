import { weights } from '@tutelage/engine';

/** Writes numbers as float16, little-endian. */
export function writeHalves(bytes: Buffer, offset: number, values: Float32Array): void {
  weights.float32ToHalf(values).forEach((half, i) => {
    bytes.writeUInt16LE(half, offset + 2 * i);
  });
}

/** Reads `count` numbers of float16, little-endian. */
export function readHalves(bytes: Uint8Array, offset: number, count: number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return weights.halfToFloat32(
    Uint16Array.from({ length: count }, (_, i) => view.getUint16(offset + 2 * i, true)),
  );
}
