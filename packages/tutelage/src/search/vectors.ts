import { UserError } from '../core/errors.js';
import type { Hits } from './hits.js';

/** A collection of vectors that can be searched by inner product. */
export interface VectorSearch {
  /**
   * The `k` rows with the greatest inner products for each query.
   *
   * @param queries [n, width], one after the other
   */
  search(queries: Float32Array, k: number): Promise<Hits[]>;
  dispose(): Promise<void>;
}

/** Vectors one after the other: [count, width]. */
export interface Vectors {
  readonly data: Float32Array;
  readonly width: number;
}

/**
 * Says how many vectors there are.
 *
 * @throws {UserError} when they do not fill whole rows, or one is not finite
 */
export function countVectors({ data, width }: Vectors): number {
  const count = data.length / width;
  if (!Number.isInteger(count)) {
    throw new UserError(`not vectors of ${width} numbers: ${data.length} numbers in all`);
  }
  const wrong = data.findIndex((x) => !Number.isFinite(x));
  if (wrong >= 0) {
    throw new UserError(`a vector is not finite: ${data[wrong]}, vector ${Math.floor(wrong / width)}`, {
      hint: 'the training diverged, or the model gets inputs that it was not made for',
    });
  }
  return count;
}

/** All inner products of a few vectors with others, [n, m]; for many, exact search is faster. */
export function products(a: Vectors, b: Vectors): Float32Array {
  const { width } = a;
  const [n, m] = [a.data.length / width, b.data.length / width];
  const scores = new Float32Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += a.data[i * width + k]! * b.data[j * width + k]!;
      scores[i * m + j] = sum;
    }
  }
  return scores;
}
