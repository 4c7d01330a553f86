import { ShapeError } from '../graph/errors.js';
import type { Tensor } from '../graph/tensor.js';
import { leavesOf, mapTree, type Tree } from '../graph/tree.js';
import type { Value } from '../graph/value.js';
import { add } from '../ops/elementwise.js';
import { matmul } from '../ops/matmul.js';
import { foldIn, type Key } from '../random/keys.js';
import { kaimingUniform, zeros } from './parameters.js';

/** A low-rank change of a weight: B A, with A [rank, inputs] and B [outputs, rank]. */
export type LoraPair<T> = {
  readonly lora_A: T;
  readonly lora_B: T;
};

/** Adapters by the paths of the weights that they change. */
export type Lora<T> = { readonly [path: string]: LoraPair<T> };

/**
 * Low-rank adapters (Hu et al. 2021) for the matrices whose path matches. B starts at zero, so that nothing changes at first.
 *
 * @throws {ShapeError} when nothing matches, or something matches that is not a matrix
 */
export function initLora(key: Key, params: Tree<Tensor>, match: RegExp, rank: number): Lora<Tensor> {
  const found = leavesOf<Tensor>(params).filter(({ path }) => match.test(path));
  if (found.length === 0) throw new ShapeError(`lora: no parameter's name matches ${match}`);
  return Object.fromEntries(
    found.map(({ path, leaf: { shape } }) => {
      if (shape.length !== 2) throw new ShapeError(`lora: ${path} is not a matrix: [${shape.join(', ')}]`);
      const [outputs, inputs] = shape as [number, number];
      const lora_A = kaimingUniform(1 / Math.sqrt(3))(foldIn(key, path), [rank, inputs]);
      return [path, { lora_A, lora_B: zeros([outputs, rank]) }];
    }),
  );
}

/**
 * Parameters with adapters added: W + (alpha / rank) B A. A product with such a weight is computed as two thin products beside
 * the main one, so that neither B A nor a gradient of W's size arises.
 */
export function withLora<P>(params: P, lora: Lora<Value>, alpha: number): P {
  return mapTree<Value, Value>(params as Tree<Value>, (weight, path) => {
    const pair = lora[path];
    if (!pair) return weight;
    return add(weight, matmul(pair.lora_B, pair.lora_A, { alpha: alpha / pair.lora_A.dim(0) }));
  }) as P;
}
