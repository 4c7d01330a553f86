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
