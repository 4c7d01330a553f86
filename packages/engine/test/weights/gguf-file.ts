/** Writes small GGUF files for tests, well-formed or not. */

const text = new TextEncoder();

export function u32(value: number): number[] {
  return [...new Uint8Array(new Uint32Array([value]).buffer)];
}

export function u64(value: number | bigint): number[] {
  return [...new Uint8Array(new BigUint64Array([BigInt(value)]).buffer)];
}

export function string(value: string): number[] {
  const bytes = text.encode(value);
  return [...u64(bytes.length), ...bytes];
}

export interface TestTensor {
  readonly name: string;
  /** Fastest dimension first, as the file has them. */
  readonly sizes: readonly (number | bigint)[];
  readonly type: number;
  readonly data: Uint8Array;
  readonly offset?: number;
}

/** A file of version 3 with metadata entries (key, type code and value already encoded). */
export function ggufFile(
  metadata: readonly number[][],
  tensors: readonly TestTensor[],
  alignment = 32,
): Uint8Array {
  const header = [
    ...text.encode('GGUF'),
    ...u32(3),
    ...u64(tensors.length),
    ...u64(metadata.length),
    ...metadata.flat(),
  ];
  const data: number[] = [];
  for (const tensor of tensors) {
    const sizes = tensor.sizes.flatMap((size) => u64(size));
    const offset = tensor.offset ?? data.length;
    header.push(
      ...string(tensor.name),
      ...u32(tensor.sizes.length),
      ...sizes,
      ...u32(tensor.type),
      ...u64(offset),
    );
    data.push(...tensor.data);
    while (data.length % alignment !== 0) data.push(0);
  }
  while (header.length % alignment !== 0) header.push(0);
  return new Uint8Array([...header, ...data]);
}
