import { describe, expect, test } from 'vitest';
import {
  add,
  concat,
  conv,
  createTrainer,
  embedding,
  exp,
  grad,
  jit,
  matmul,
  mean,
  mul,
  optim,
  random,
  reshape,
  softmaxCrossEntropy,
  sub,
  sum,
  type Tensor,
  tensor,
  trace,
  type Value,
} from '../src/index.js';

type Fn = (...args: Value[]) => unknown;
const float = (...shape: number[]) => ({ dtype: 'float32' as const, shape });
const int = (...shape: number[]) => ({ dtype: 'int32' as const, shape });

/** What the types of TypeScript would not let through, as programs without them and data of unknown origin may bring. */
const untyped = <T>(x: unknown) => x as T;

/** The message of the error that a function throws or rejects with. */
async function messageOf(fn: () => unknown): Promise<string> {
  try {
    await fn();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}

/** A value that escapes from the function that made it. */
function escaped(): Value {
  let leaked: Value | undefined;
  trace(
    (x: Value) => {
      leaked = x;
      return x;
    },
    [float(3)],
  );
  return leaked!;
}

describe('while a function is traced', () => {
  const table: Record<string, readonly [Fn, readonly ReturnType<typeof float | typeof int>[]]> = {
    'matmul: inner dimensions differ: 3 and 4 of [2, 3] and [4, 2]': [
      (a, b) => matmul(a!, b!),
      [float(2, 3), float(4, 2)],
    ],
    'matmul: a floating-point operand is needed: int32[2, 3]': [
      (a, b) => matmul(a!, b!),
      [int(2, 3), int(3, 2)],
    ],
    'add: shapes do not broadcast: [2, 3] and [2]': [(a, b) => add(a!, b!), [float(2, 3), float(2)]],
    'add: element types differ: float32[2] and int32[2]; cast one of them explicitly': [
      (a, b) => add(a!, b!),
      [float(2), int(2)],
    ],
    'add: an operand must be a traced value, a tensor or a number: undefined': [
      (a) => add(a!, untyped(undefined)),
      [float(2)],
    ],
    'add: a value of another traced function: float32[3]; make it an argument of this one': [
      (a) => add(a!, escaped()),
      [float(3)],
    ],
    'concat along axis 0: operands differ: float32[2, 3] and float32[2, 2]': [
      (a, b) => concat([a!, b!], 0),
      [float(2, 3), float(2, 2)],
    ],
    'concat: axis 2 is out of range for rank 1': [(a, b) => concat([a!, b!], 2), [float(2), float(2)]],
    'reshape: [2, 3] does not have the elements of [4, 2]': [(a) => reshape(a!, [4, 2]), [float(2, 3)]],
    'reshape: [2, 3] does not divide into [4, -1]': [(a) => reshape(a!, [4, -1]), [float(2, 3)]],
    'reshape: sizes must be integers from 0, with at most one -1: [-1, -1]': [
      (a) => reshape(a!, [-1, -1]),
      [float(2, 3)],
    ],
    'exp: a floating-point operand is needed: int32[2]': [(a) => exp(a!), [int(2)]],
    'mean: axis 3 is out of range for rank 1': [(a) => mean(a!, { axes: 3 }), [float(2)]],
    'conv: 3 channels and kernels [8, 4, 3, 3] do not fit 1 group: kernels are [kernels, channels / groups, ...]':
      [(x, w) => conv(x!, w!), [float(1, 3, 4, 4), float(8, 4, 3, 3)]],
    'gather: indices must be int32 or int64: float32[2]': [
      (t, ids) => embedding(t!, ids!),
      [float(4, 2), float(2)],
    ],
    'softmaxCrossEntropy: one label a row is needed: [3] for [4, 2]': [
      (x, labels) => softmaxCrossEntropy(x!, labels!).loss,
      [float(4, 2), int(3)],
    ],
    'grad: the function must return a scalar: float32[2]; take its mean or sum': [
      (x) => grad((v: Value) => mul(v, v))(x!),
      [float(2)],
    ],
    'grad: the function must return a traced scalar: undefined': [
      (x) => grad(() => untyped<Value>(undefined))(x!),
      [float(2)],
    ],
    'random: a key is needed (keyTensor makes one): float32[2]': [
      (key) => random.normal(key!, [2]),
      [float(2)],
    ],
    'random: a traced key is needed: Object; give keyTensor(key) to the compiled function': [
      () => random.normal(untyped(random.key(1)), [2]),
      [],
    ],
    'dropout: the rate must be in [0, 1): 1': [(x, key) => random.dropout(x!, 1, key), [float(2), int(2)]],
    'jit: the function must return traced values: y is string': [() => ({ y: 'text' }), []],
    'jit: the function returns nothing; return a traced value, or a list or record of them': [() => {}, []],
    'jit: the function must not be async: the result is a promise': [async (x) => x, [float(2)]],
    'jit: the result is a value of another traced function: float32[3]': [() => escaped(), []],
  };
  test.each(Object.entries(table))('%s', async (message, [fn, types]) => {
    expect(await messageOf(() => trace(fn, types))).toBe(message);
  });
});

test('an operator outside of a traced function', async () => {
  expect(await messageOf(() => sum(tensor(1)))).toBe(
    'no function is being traced: call operators inside a function given to jit or trace',
  );
});

test('a key that was computed', async () => {
  const f = jit((key: Value) => random.normal(add(key, 1), [2]));
  expect(await messageOf(() => f(random.keyTensor(random.key(1))))).toBe(
    'random: a key must be an argument of the compiled function or a constant, or derived from one by foldIn; draw of [2]',
  );
});

describe('data given to a compiled function', () => {
  const floats = (count: number) => new Float32Array(count);
  const table: Record<string, unknown> = {
    'jit: argument 0.a: 2 elements do not fill the shape [3]': {
      a: { dtype: 'float32', shape: [3], data: floats(2) },
    },
    'jit: argument 0: float32 data must be in a Float32Array: Int32Array': {
      dtype: 'float32',
      shape: [2],
      data: new Int32Array(2),
    },
    'jit: argument 0: unknown element type: complex64': { dtype: 'complex64', shape: [1], data: floats(2) },
    'jit: argument 0: sizes must be integers from 0: [-1, -3]': {
      dtype: 'float32',
      shape: [-1, -3],
      data: floats(3),
    },
    'jit: argument 0.0: tensor data is needed: Float32Array; tensor() makes it': [floats(2)],
    'jit: argument 0.x: tensor data is needed: string; tensor() makes it': { x: 'text' },
    'jit: argument 0: tensor data is needed: Promise; tensor() makes it': Promise.resolve(tensor(1)),
  };
  test.each(Object.entries(table))('%s', async (message, data) => {
    let traced = false;
    const f = jit((x: Value) => {
      traced = true;
      return x;
    });
    expect(await messageOf(() => f(untyped<Tensor>(data)))).toBe(message);
    expect(traced).toBe(false);
  });

  test('types to compile for', async () => {
    const f = jit((x: Value) => x);
    expect(await messageOf(() => f.compile({ dtype: 'float32', shape: [2.5] }))).toBe(
      'jit: argument 0: sizes must be integers from 0: [2.5]',
    );
  });

  test('indices out of range come back as errors, and the program stays usable', async () => {
    const f = jit((table: Value, ids: Value) => embedding(table, ids));
    const table = tensor(floats(4), [2, 2]);
    expect(await messageOf(() => f(table, tensor(Int32Array.of(7))))).toBe(
      'Gather failed when it was run: indices element out of data bounds, idx=7 must be within the inclusive range [-2,1]',
    );
    expect((await f(table, tensor(Int32Array.of(1)))).shape).toEqual([1, 2]);
    await f.dispose();
    const loss = jit((x: Value, labels: Value) => softmaxCrossEntropy(x, labels).loss);
    expect(await messageOf(() => loss(table, tensor(Int32Array.of(7, 0))))).toBe(
      'GatherElements failed when it was run: GatherElements op: Out of range value in index tensor',
    );
    await loss.dispose();
  });
});

describe('a trainer', () => {
  type Params = { readonly w: Value };
  type Batch = { readonly x: Value; readonly y: Value };
  const loss = (p: Params, { x, y }: Batch) => mean(sub(matmul(x, p.w), y));
  const w = tensor(new Float32Array(2), [2, 1]);
  const [x, y] = [tensor(new Float32Array(2), [1, 2]), tensor([[1]])];
  const make = (options: { params?: unknown; loss?: unknown } = {}) =>
    createTrainer({
      params: untyped<{ w: Tensor }>(options.params ?? { w }),
      loss: untyped<typeof loss>(options.loss ?? loss),
      optimizer: optim.sgd({ learningRate: 0.1 }),
    });
  type Data = { readonly x: Tensor; readonly y: Tensor };

  const table: Record<string, () => unknown> = {
    'trainer: parameters must be float32: w is float64': () =>
      make({ params: { w: tensor(new Float64Array(2), [2, 1]) } }),
    'trainer: params.w: tensor data is needed: Float32Array; tensor() makes it': () =>
      make({ params: { w: new Float32Array(2) } }),
    'trainer: batch.x: 2 elements do not fill the shape [2, 2]': () =>
      make().step({ x: { ...x, shape: [2, 2] }, y }),
    'trainer: batch.x: tensor data is needed: number 3; tensor() makes it': () =>
      make().step({ x: untyped<Tensor>(3), y }),
    'grad: the function must return a scalar: float32[2, 1]; take its mean or sum': () =>
      make({ loss: (p: Params) => p.w }).step({ x, y }),
    'sub: an operand must be a traced value, a tensor or a number: undefined': async () => {
      const trainer = make();
      await trainer.step({ x, y });
      await trainer.step(untyped<Data>({ x }));
    },
    'trainer: the step before has not ended; await each step': async () => {
      const trainer = make();
      await Promise.all([trainer.step({ x, y }), trainer.step({ x, y })]);
    },
    'trainer: the saved state does not fit this model: w': () =>
      make().importState({ params: new Map(), optimizers: [], step: 0 }),
  };
  test.each(Object.entries(table))('%s', async (message, fn) => {
    expect(await messageOf(fn)).toBe(message);
  });

  test('can go on after a mistake', async () => {
    const trainer = make();
    expect(await messageOf(() => trainer.step(untyped<Data>({ x })))).toContain('sub: ');
    expect((await trainer.step({ x, y })).applied).toBe(true);
    await trainer.dispose();
  });
});
