import type { DType } from '../graph/dtype.js';
import { ShapeError } from '../graph/errors.js';
import { sameShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { currentTrace, type Value } from '../graph/value.js';
import { apply, applyAll, showType } from './apply.js';
import { reshaped } from './nodes.js';
import type { Rule, Rules } from './rule.js';

function neverEmitted(): readonly string[] {
  throw new Error('internal: a marker reached emission');
}

function marker<O extends 'leaf' | 'stopGradient'>(passes: boolean): Rule<O> {
  return { infer: ([x]) => [x!], emit: neverEmitted, vjp: (_, [g]) => [passes ? g : undefined], samples: [] };
}

type Source =
  | 'input'
  | 'constant'
  | 'iota'
  | 'leaf'
  | 'stopGradient'
  | 'straightThrough'
  | 'checkpoint'
  | 'after';

export const sourceRules: Rules<Source> = {
  input: { infer: (_, type) => [type], emit: neverEmitted, vjp: null, samples: [] },
  constant: {
    infer: (_, { tensor }) => [tensor],
    emit: (e, _, node) => [e.constant(node.attributes.tensor)],
    vjp: null,
    samples: [],
  },
  // A Range, not a baked constant, so that an exported model can make it as long as its input.
  iota: {
    infer: (_, { size, dtype }) => [{ dtype, shape: [size] }],
    emit: (e, _, { attributes: { size, dtype } }) => {
      const int64 = (n: number): Tensor => ({ dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(n)) });
      const range = e.node('Range', [e.constant(int64(0)), e.constant(int64(size)), e.constant(int64(1))]);
      return [dtype === 'int64' ? range : e.cast(range, dtype)];
    },
    vjp: null,
    samples: [{ inputs: [], attributes: { size: 5, dtype: 'float32' } }],
  },
  leaf: marker(true),
  stopGradient: marker(false),
  straightThrough: {
    infer: ([forward, backward]) => {
      if (forward!.dtype !== backward!.dtype || !sameShape(forward!.shape, backward!.shape)) {
        throw new ShapeError(
          `straightThrough: both values must have one type: ${showType(forward!)} and ${showType(backward!)}`,
        );
      }
      return [forward!];
    },
    emit: neverEmitted,
    vjp: (_, [g]) => [undefined, g],
    samples: [],
  },
  // Differentiation computes the value again, and does not come to use this gradient.
  checkpoint: { infer: ([y]) => [y!], emit: neverEmitted, vjp: (_, [g]) => [g], samples: [] },
  after: {
    infer: ([x]) => [x!],
    // Nothing is added, but the runtime can't know that.
    emit: (e, [x, ...others], node) => {
      const first = e.constant({ dtype: 'int64', shape: [], data: BigInt64Array.of(0n) });
      const zero = e.scalar(0, node.inputs[0]!);
      return [
        others.reduce((sum, other) => {
          const one = e.node('Gather', [reshaped(e, other, [-1]), first], { axis: 0 });
          return e.node('Add', [sum, e.node('Mul', [one, zero])]);
        }, x!),
      ];
    },
    vjp: (_, [g]) => [g],
    samples: [{ inputs: [{ shape: [2, 3] }, { shape: [4] }, { shape: [] }], attributes: {}, smooth: true }],
  },
};

/**
 * The same value, computed only when others have been.
 *
 * @param others of the same element type, not empty
 */
export function after(x: Value, ...others: readonly Value[]): Value {
  return apply('after', [x, ...others], {});
}

/** The same value, treated as a constant by differentiation. */
export function stopGradient(x: Value): Value {
  return apply('stopGradient', [x], {});
}

/**
 * The first value going forward, with the gradient of the second: for rounding and sampling, whose own gradient is zero
 * (Bengio et al. 2013, "Estimating or Propagating Gradients Through Stochastic Neurons").
 */
export function straightThrough(forward: Value, backward: Value): Value {
  return apply('straightThrough', [forward, backward], {});
}

/** 0, 1, 2, ... as a vector. */
export function iota(size: number, dtype: DType = 'int32'): Value {
  return apply('iota', [], { size, dtype });
}

let serial = 0;

/** A name of its own for a value, by which differentiation knows it from equal values that arise otherwise. */
export function leaf(x: Value): Value {
  return applyAll('leaf', [x], { serial: serial++ })[0]!;
}

/** An input of the function being traced. */
export function input(index: number, dtype: DType, shape: readonly number[]): Value {
  return currentTrace().add('input', [], { index, dtype, shape }, [{ dtype, shape }]).outputs[0]!;
}
