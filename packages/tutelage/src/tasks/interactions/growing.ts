const blockSize = 1 << 18;

type Numbers = Int32Array | Float32Array | Float64Array | Uint8Array;

/** A growing column of numbers in blocks, so that nothing is copied while it grows. */
export interface GrowingColumn<A extends Numbers> {
  readonly length: number;
  push(value: number): void;
  at(row: number): number;
  /** The values at some rows, in their order. */
  gather(rows: Int32Array): A;
}

export function growingColumn<A extends Numbers>(make: (length: number) => A): GrowingColumn<A> {
  const blocks: A[] = [];
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(value) {
      const at = length % blockSize;
      if (at === 0) blocks.push(make(blockSize));
      blocks[blocks.length - 1]![at] = value;
      length += 1;
    },
    at: (row) => blocks[Math.floor(row / blockSize)]![row % blockSize]!,
    gather(rows) {
      const values = make(rows.length);
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        values[i] = blocks[(row / blockSize) | 0]![row % blockSize]!;
      }
      return values;
    },
  };
}
