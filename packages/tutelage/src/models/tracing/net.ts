import {
  add,
  type Concrete,
  cast,
  concat,
  cos,
  exp,
  expandDims,
  greater,
  iota,
  layerNorm,
  mul,
  nn,
  random,
  relu,
  reshape,
  sin,
  type Tensor,
  type Value,
  where,
} from '@tutelage/engine';

/**
 * Sequences of answers, one row for each concept of an answer. All are [batch, steps]; the numbers of concepts and questions are
 * int32, responses 0 or 1 as int32.
 */
export type TracingInputs<T> = {
  readonly concept: T;
  readonly question: T;
  readonly response: T;
  /**
   * How many rows, from the first, were answered before this one was asked: all that its estimate may look at, and its place in time.
   * Rows of one answer are asked at once.
   */
  readonly before: T;
};

export interface TracingEstimate {
  /** Of the chance that each row is answered right, [batch, steps]. */
  readonly logits: Value;
  /** To be added to the loss. */
  readonly penalty?: Value;
}

/** A net that estimates each answer from those before it. */
export interface TracingNet<P> {
  init(key: random.Key): Concrete<P>;
  /** @param key for dropout; none when it is not trained */
  estimate(p: P, inputs: TracingInputs<Value>, key?: Value): TracingEstimate;
}

export interface TracingVocabulary {
  readonly concepts: number;
  readonly questions: number;
}

/** Which rows each row may look at, as a bias on attention's scores [batch, 1, steps, steps], and whether there is any, [batch, steps, 1]. */
export function visibility(before: Value): { readonly bias: Value; readonly some: Value } {
  const [batch, steps] = before.shape as [number, number];
  const seen = greater(expandDims(before, 2), iota(steps));
  return {
    bias: reshape(where(seen, 0, hidden), [batch, 1, steps, steps]),
    some: cast(expandDims(greater(before, 0), 2), 'float32'),
  };
}

/** Finite, so that a row with nothing to see stays a number. */
export const hidden = -1e30;

/** Sines and cosines of places (Vaswani et al. 2017, section 3.5): [batch, steps] to [batch, steps, width], an even width. */
export function sinusoids(position: Value, width: number): Value {
  const half = width / 2;
  const frequencies = exp(mul(iota(half, 'float32'), -Math.log(10_000) / half));
  const angles = mul(expandDims(cast(position, 'float32'), 2), frequencies);
  return concat([sin(angles), cos(angles)], 2);
}

/** Two layers with ReLU, after attention. */
export type FeedForward<T> = { readonly inner: nn.Linear<T>; readonly outer: nn.Linear<T> };

export function feedForward(p: FeedForward<Value>, x: Value): Value {
  return nn.linear(p.outer, relu(nn.linear(p.inner, x)));
}

/** The head of AKT and simpleKT: what was retrieved and the question, through two hidden layers, to one logit. */
export type Head<T> = {
  readonly first: nn.Linear<T>;
  readonly second: nn.Linear<T>;
  readonly last: nn.Linear<T>;
};

/** Hidden layers of four and of two times the width. */
export function initHead(key: random.Key, width: number): Head<Tensor> {
  return {
    first: nn.initLinear(random.foldIn(key, 'first'), 2 * width, 4 * width),
    second: nn.initLinear(random.foldIn(key, 'second'), 4 * width, 2 * width),
    last: nn.initLinear(random.foldIn(key, 'last'), 2 * width, 1),
  };
}

export function headLogits(p: Head<Value>, retrieved: Value, x: Value, drop: (v: Value) => Value): Value {
  const first = drop(relu(nn.linear(p.first, concat([retrieved, x], 2))));
  const second = drop(relu(nn.linear(p.second, first)));
  return reshape(nn.linear(p.last, second), x.shape.slice(0, 2));
}

/** A residual connection: x + y, normalised. */
export function residual(norm: nn.Norm<Value>, x: Value, y: Value): Value {
  return layerNorm(add(x, y), norm.weight, norm.bias, 1e-5);
}
