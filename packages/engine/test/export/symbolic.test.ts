import { expect, test } from 'vitest';
import {
  add,
  concat,
  constant,
  ExportError,
  type ExportInput,
  expandDims,
  exportOnnx,
  greaterEqual,
  iota,
  jit,
  matmul,
  mean,
  mul,
  random,
  reshape,
  slice,
  split,
  sub,
  sum,
  type Tensor,
  tensor,
  type Value,
  variance,
  where,
} from '../../src/index.js';
import { floats, relativeError, runModel } from './compare.js';

const x = { dtype: 'float32', shape: ['batch', 'time', 3] } as const;
type Options = NonNullable<Parameters<typeof exportOnnx>[3]>;

function write(fn: (x: Value) => Value, input: ExportInput = x, options: Options = {}) {
  return exportOnnx(
    (_: Record<string, never>, inputs: { x: Value }) => fn(inputs.x),
    {},
    { x: input },
    options,
  );
}

/** Exports a function of one input and compares it with the compiled function at sizes that no trial had. */
async function sameAt(
  shapes: readonly (readonly number[])[],
  fn: (x: Value) => Value,
  input: ExportInput = x,
  options: Options = {},
): Promise<void> {
  const model = write(fn, input, options);
  const f = jit(fn);
  for (const shape of shapes) {
    const given = floats('x', shape);
    const { output } = await runModel(model, { x: given });
    expect(relativeError(output!, await f(given))).toBeLessThan(1e-5);
  }
  await f.dispose();
}

const shapes = [
  [1, 2, 3],
  [4, 7, 3],
  [2, 100, 3],
];

test('numbers that follow from sizes', async () => {
  await sameAt(shapes, (v) => mul(v, 1 / v.dim(1)));
  await sameAt(shapes, (v) => mul(v, 2.5 / Math.sqrt(v.dim(1)) / v.dim(0)));
  await sameAt(shapes, (v) => mul(v, v.dim(0) * v.dim(1) + 2));
  await sameAt(shapes, (v) => variance(v, { axes: 1, correction: 1 }));
  await sameAt(shapes, (v) => mul(v, expandDims(mul(iota(v.dim(1), 'float32'), 1 / v.dim(1)), 1)));
  await sameAt(shapes, (v) => mean(v, { axes: [0, 1] }));
});

test('shapes that follow from sizes', async () => {
  await sameAt(shapes, (v) => reshape(v, [v.dim(0) * v.dim(1), 3]));
  await sameAt(shapes, (v) => reshape(v, [-1]));
  await sameAt(shapes, (v) => reshape(matmul(v, v, { transB: true }), [v.dim(0), -1]));
  await sameAt(shapes, (v) => slice(v, { axis: 1, start: 1 }));
  await sameAt(shapes, (v) => slice(v, { axis: 1, start: -1 }));
  await sameAt(shapes, (v) => slice(v, { axis: 1, step: -1 }));
  // Half of the times, rounded up: the reshape finds it by itself.
  await sameAt(shapes, (v) => reshape(slice(v, { axis: 1, step: 2 }), [v.dim(0), -1]));
  await sameAt(shapes, (v) => concat([v, v, slice(v, { axis: 1, end: 1 })], 1));
  await sameAt(shapes, (v) => {
    const [first, second] = split(concat([v, mul(v, 2)], 1), 2, 1) as [Value, Value];
    return sub(first, second);
  });
});

test('constants made while tracing, cut to a size', async () => {
  const table = floats('table', [300, 3]);
  const row = tensor(Float32Array.from({ length: 300 }, (_, i) => i));
  await sameAt(shapes, (v) => add(v, slice(constant(table), { axis: 0, end: v.dim(1) })), x, {
    axes: { time: { max: 300 } },
  });
  await sameAt(
    [[2, 9, 3]],
    (v) => mul(v, expandDims(mul(slice(constant(row), { axis: 0, end: v.dim(1) }), 2), 1)),
    x,
    { axes: { time: { max: 10 } } },
  );
});

test('halves of an axis whose sizes are multiples of 2', async () => {
  const halves = (v: Value) => {
    const [first, second] = split(v, 2, 0) as [Value, Value];
    return sum(mul(first, second), { axes: 1 });
  };
  await sameAt(
    [
      [2, 3],
      [10, 3],
    ],
    halves,
    { dtype: 'float32', shape: ['pairs', 3] },
    { axes: { pairs: { multipleOf: 2 } } },
  );
});

test('dimensions of outputs name what they follow from', () => {
  const shapeOf = (fn: (v: Value) => Value) => write(fn).graph.outputs[0]!.shape;
  expect(shapeOf((v) => reshape(v, [-1, 3]))).toEqual(['batch * time', 3]);
  expect(shapeOf((v) => slice(v, { axis: 1, start: 1 }))).toEqual(['batch', 'time - 1', 3]);
  expect(shapeOf((v) => concat([v, v], 1))).toEqual(['batch', '2 * time', 3]);
});

test('a dimension that is a sum of axes', async () => {
  const fn = (_: Record<string, never>, { a, b }: { a: Value; b: Value }) => mul(concat([a, a], 0), b);
  const model = exportOnnx(
    fn,
    {},
    {
      a: { dtype: 'float32', shape: ['n'] },
      b: { dtype: 'float32', shape: ['n + n'] },
    },
  );
  const { output } = await runModel(model, { a: tensor([1, 2]), b: tensor([1, 2, 3, 4]) });
  expect([...output!.data]).toEqual([1, 4, 3, 8]);
});

test('refuses what cannot be written for every size, with the operator and a way out', () => {
  const refused = (fn: (v: Value) => Value, message: RegExp) => {
    expect(() => write(fn)).toThrow(ExportError);
    expect(() => write(fn)).toThrow(message);
  };
  // A mask made outside of the traced function.
  refused((v) => {
    const mask: Tensor = tensor(new Float32Array(v.dim(1)).fill(1), [v.dim(1), 1]);
    return mul(v, mask);
  }, /operator Mul depends on the axis 'time' .*shape \[\d+, 1\].*iota/);
  // One step for each element.
  refused((v) => split(v, v.dim(1), 1).reduce((a, b) => add(a, b)), /operator Split .*results differ|repeat/);
  refused((v) => iota(v.dim(1) ** 2, 'float32'), /operator Range .*'time'/);
  refused((v) => slice(v, { axis: 1, end: Math.floor(v.dim(1) / 2) }), /operator Slice .*'time'/);
  refused((v) => mul(v, 1 + Math.ceil(v.dim(1) / 64)), /operator Mul .*'time'/);
  refused((v) => mul(v, Math.log(v.dim(1))), /operator Mul .*takes the values/);
  refused((v) => matmul(mul(v, 1 / v.dim(1)), v, { transB: true }), /operator FusedMatMul .*attribute alpha/);
  refused(
    (v) => random.dropout(v, 0.5, constant(random.keyTensor(random.key(1)))),
    /draws random numbers.*without a key/,
  );
});

test('refuses axes and names that do not fit together', () => {
  const table = (p: { positions: Value }, { x: v }: { x: Value }) =>
    add(v, slice(p.positions, { axis: 0, end: v.dim(1) }));
  const positions = tensor(new Float32Array(30), [10, 3]);
  const long = (options: Options) => exportOnnx(table, { positions }, { x }, options);
  expect(() => long({})).toThrow(/fails at batch = \d+, time = \d+: .*axes/);
  expect(long({ axes: { time: { max: 10 } } }).graph.outputs[0]!.shape).toEqual(['batch', 'time', 3]);
  expect(() => long({ axes: { length: { max: 10 } } })).toThrow("no input has an axis 'length'");
  expect(() => write((v) => v, { dtype: 'float32', shape: ['a * b'] })).toThrow(
    /dimension of input 'x': "a \* b"/,
  );
  expect(() => write((v) => v, { dtype: 'float32', shape: ['a + b'] })).toThrow(/only part of sums/);
  expect(() => write((v) => v, x, { axes: { time: { max: 3 } } })).toThrow(/fewer than three sizes/);
  const same = (p: { x: Value }, { x: v }: { x: Value }) => add(p.x, v);
  expect(() => exportOnnx(same, { x: tensor([1]) }, { x: { dtype: 'float32', shape: ['n'] } })).toThrow(
    "name given twice among parameters, inputs and outputs: 'x'",
  );
});

test('a value that is two outputs, an input that is an output, and a tensor that is two parameters', async () => {
  const shared = tensor([2, 3]);
  const fn = (p: { a: Value; b: Value; unused: Value }, { v }: { v: Value }) => {
    const y = add(mul(v, p.a), p.b);
    return { y, again: y, copy: v, zero: where(greaterEqual(v, 0), 0, 0) };
  };
  const model = exportOnnx(
    fn,
    { a: shared, b: shared, unused: tensor([1]) },
    { v: { dtype: 'float32', shape: ['n', 2] } },
  );
  expect(model.graph.initializers.filter((t) => t.dims[0] === 2).map((t) => t.name)).toEqual(['a']);
  expect(model.graph.initializers.map((t) => t.name)).not.toContain('unused');
  const result = await runModel(model, { v: tensor([[1, -1]]) });
  expect(Object.fromEntries(Object.entries(result).map(([k, t]) => [k, [...t.data]]))).toEqual({
    y: [4, 0],
    again: [4, 0],
    copy: [1, -1],
    zero: [0, 0],
  });
});

test('an export without symbolic axes', async () => {
  await sameAt([[2, 3]], (v) => mul(sum(v, { axes: 0 }), 3), { dtype: 'float32', shape: [2, 3] });
});
