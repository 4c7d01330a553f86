import { ShapeError } from '../graph/errors.js';
import { type Shape, showShape } from '../graph/shape.js';
import { nameKind, type Tensor } from '../graph/tensor.js';
import { type Type, Value } from '../graph/value.js';
import { fillBernoulli, fillGumbel, fillNormal, fillUniform } from '../random/fill.js';
import * as keys from '../random/keys.js';
import { apply, constantOf, isOp, showType } from './apply.js';
import { add, mul } from './elementwise.js';
import { argMax } from './order.js';
import type { NodeOf, Rules } from './rule.js';

/** What is drawn. A Bernoulli draw is `1 / keep` with probability `keep`, else 0, as dropout multiplies by it. */
export type Distribution = 'uniform' | 'normal' | 'gumbel' | 'bernoulli';

/** A draw of a compiled graph: where its key comes from, and what is derived from it. */
export interface Draw extends Type {
  readonly distribution: Distribution;
  readonly keep: number;
  /** The key: an input's position, or the key itself where it is a constant. */
  readonly source: number | Tensor;
  readonly path: readonly (number | string)[];
}

function neverEmitted(): readonly string[] {
  throw new Error('internal: random numbers are inputs of the lowered model');
}

export const randomRules: Rules<'foldKey' | 'draw'> = {
  foldKey: { infer: ([key]) => [key!], emit: neverEmitted, vjp: null, samples: [] },
  draw: {
    infer: (_, { shape }) => [{ dtype: 'float32', shape }],
    emit: neverEmitted,
    vjp: null,
    samples: [],
  },
};

function needKey(where: string, v: unknown): Value {
  if (!(v instanceof Value)) {
    throw new ShapeError(
      `${where}: a traced key is needed: ${nameKind(v)}; give keyTensor(key) to the compiled function`,
    );
  }
  if (v.dtype !== 'int32' || v.rank !== 1 || v.shape[0] !== 2) {
    throw new ShapeError(`${where}: a key is needed (keyTensor makes one): ${showType(v)}`);
  }
  return v;
}

/** A key as tensor data, to be given to a compiled function. */
export function keyTensor(key: keys.Key): Tensor {
  return { dtype: 'int32', shape: [2], data: Int32Array.of(key.hi, key.lo) };
}

/** A new key from a traced key and a number or name known while tracing. See `random.foldIn`. */
export function foldIn(key: Value, data: number | string): Value {
  return apply('foldKey', [needKey('foldIn', key)], { data });
}

function draw(distribution: Distribution, key: Value, shape: Shape, keep = 1): Value {
  return apply('draw', [needKey('random', key)], { distribution, shape, keep });
}

/** Uniform numbers in [0, 1). The same key and shape give the same numbers: derive a key for each draw by `foldIn`. */
export function uniform(key: Value, shape: Shape): Value {
  return draw('uniform', key, shape);
}

/** Standard normal numbers. */
export function normal(key: Value, shape: Shape): Value {
  return draw('normal', key, shape);
}

/** Standard Gumbel numbers. */
export function gumbel(key: Value, shape: Shape): Value {
  return draw('gumbel', key, shape);
}

/** 1 with probability `keep`, else 0. */
export function bernoulli(key: Value, shape: Shape, keep: number): Value {
  return mul(draw('bernoulli', key, shape, keep), keep);
}

/**
 * Classes drawn with the probabilities softmax(logits) over the last axis, by adding Gumbel numbers and taking the largest
 * (Gumbel 1954; Maddison et al. 2014).
 *
 * @param logits [..., classes]
 * @returns [...] as int32
 */
export function categorical(key: Value, logits: Value): Value {
  return argMax(add(logits, gumbel(key, logits.shape)), -1);
}

/**
 * Sets elements to zero with probability `rate` and scales the others by 1 / (1 - rate) (Srivastava et al. 2014).
 * Without a key, as in evaluation, it does nothing.
 */
export function dropout(x: Value, rate: number, key: Value | undefined): Value {
  if (rate < 0 || rate >= 1) throw new RangeError(`dropout: the rate must be in [0, 1): ${rate}`);
  return key === undefined || rate === 0 ? x : mul(x, draw('bernoulli', key, x.shape, 1 - rate));
}

/** What a compiled program must know to make a draw before each run. */
export function drawOf(node: NodeOf<'draw'>): Draw {
  const { distribution, shape, keep } = node.attributes;
  const path: (number | string)[] = [];
  let key = node.inputs[0]!;
  while (isOp(key.node, 'foldKey')) {
    path.unshift(key.node.attributes.data);
    key = key.node.inputs[0]!;
  }
  const source = isOp(key.node, 'input') ? key.node.attributes.index : constantOf(key);
  if (source === undefined) {
    throw new ShapeError(
      `random: a key must be an argument of the compiled function or a constant, or derived from one by foldIn; draw of ${showShape(shape)}`,
    );
  }
  return { dtype: 'float32', shape, distribution, keep, source, path };
}

/** Draws into a buffer, from the program's inputs. */
export function fillDraw(draw: Draw, inputs: readonly Tensor[], into: Tensor): void {
  const [hi, lo] = (typeof draw.source === 'number' ? inputs[draw.source]! : draw.source).data as Int32Array;
  const key = draw.path.reduce<keys.Key>((k, data) => keys.foldIn(k, data), { hi: hi! >>> 0, lo: lo! >>> 0 });
  const view = into.data as Float32Array;
  if (draw.distribution === 'uniform') fillUniform(view, key);
  else if (draw.distribution === 'normal') fillNormal(view, key);
  else if (draw.distribution === 'gumbel') fillGumbel(view, key);
  else fillBernoulli(view, key, 0, draw.keep);
}
