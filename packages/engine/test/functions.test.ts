import { describe, expect, test } from 'vitest';
import { reachable } from '../src/graph/value.js';
import {
  argMax,
  argMin,
  argSort,
  causalMask,
  constant,
  cosineSimilarity,
  cumSum,
  einsum,
  expm1,
  grad,
  isNan,
  jit,
  log1p,
  logSumExp,
  mod,
  mul,
  norm,
  oneHot,
  round,
  sigmoid,
  sort,
  straightThrough,
  sum,
  type Tensor,
  tensor,
  toNumbers,
  topK,
  trace,
  tril,
  type Value,
  variance,
} from '../src/index.js';
import { distance } from './support/gradcheck.js';
import { randomFrom, uniform } from './support/random.js';

async function run(fn: (...args: Value[]) => Value, ...args: Tensor[]): Promise<Tensor> {
  const compiled = jit(fn);
  const result = await compiled(...args);
  await compiled.dispose();
  return result;
}

test('log1p and expm1 keep their digits near zero', async () => {
  const x = tensor([1e-7, -1e-7, 1e-20, 0, 2]);
  const expected = (f: (x: number) => number) => toNumbers(x).map(f);
  expect(
    distance(
      toNumbers(await run(log1p, x)).map((v) => v * 1e20),
      expected((v) => Math.log1p(v) * 1e20),
    ),
  ).toBeLessThan(1e-6);
  expect(
    distance(
      toNumbers(await run(expm1, x)).map((v) => v * 1e20),
      expected((v) => Math.expm1(v) * 1e20),
    ),
  ).toBeLessThan(1e-6);
});

test('a value times its own sigmoid runs in both precisions', async () => {
  const expected = [1, -2].map((v) => v / (1 + Math.exp(-v)));
  for (const x of [tensor(Float32Array.of(1, -2)), tensor(Float64Array.of(1, -2))]) {
    expect(distance(toNumbers(await run((x) => mul(x, sigmoid(x)), x)), expected)).toBeLessThan(1e-6);
  }
});

test('logSumExp of large, and of no finite numbers', async () => {
  const x = tensor([
    [1000, 1000],
    [-Infinity, -Infinity],
    [-Infinity, 3],
  ]);
  const found = toNumbers(await run((x) => logSumExp(x, { axes: 1 }), x));
  expect(found[0]).toBeCloseTo(1000 + Math.log(2), 3);
  expect(found.slice(1)).toEqual([-Infinity, 3]);
});

test('variance, norms and cosines', async () => {
  const x = tensor([
    [3, -4],
    [0, 2],
  ]);
  expect(toNumbers(await run((x) => variance(x, { axes: 1 }), x))).toEqual([12.25, 1]);
  expect(toNumbers(await run((x) => variance(x, { axes: 1, correction: 1 }), x))).toEqual([24.5, 2]);
  expect(toNumbers(await run((x) => norm(x, { axes: 1 }), x))).toEqual([5, 2]);
  expect(toNumbers(await run((x) => norm(x, { axes: 1, order: 1 }), x))).toEqual([7, 2]);
  expect(toNumbers(await run((x) => norm(x, { axes: 0, order: Infinity }), x))).toEqual([3, 4]);
  const cosines = toNumbers(await run((x) => cosineSimilarity(x, constant(tensor([1, 0]))), x));
  expect(distance(cosines, [0.6, 0])).toBeLessThan(1e-6);
});

test('the cosine with a zero vector is 0 and has a finite gradient', async () => {
  const slope = await run(
    (x) => grad((x: Value) => cosineSimilarity(x, constant(tensor([1, 2]))))(x),
    tensor([0, 0]),
  );
  expect(toNumbers(slope).every(Number.isFinite)).toBe(true);
});

test('order: extremes, the largest, sorting', async () => {
  const x = tensor([
    [3, 1, 2],
    [5, 9, 5],
  ]);
  expect(toNumbers(await run((x) => argMax(x), x))).toEqual([0, 1]);
  expect(toNumbers(await run((x) => argMin(x, 0, { keepDims: true }), x))).toEqual([0, 0, 0]);
  expect(toNumbers(await run((x) => topK(x, 2).indices, x))).toEqual([0, 2, 1, 0]);
  expect(toNumbers(await run((x) => sort(x), x))).toEqual([1, 2, 3, 5, 5, 9]);
  expect(toNumbers(await run((x) => argSort(x, { descending: true }), x))).toEqual([0, 2, 1, 1, 0, 2]);
});

test('masks, one-hot vectors, remainders, running sums', async () => {
  const ids = tensor(Int32Array.of(2, -1, 0));
  expect(toNumbers(await run((at) => oneHot(at, 3), ids))).toEqual([0, 0, 1, 0, 0, 0, 1, 0, 0]);
  expect(toNumbers(await run((x) => mod(x, 3), ids))).toEqual([2, 2, 0]);
  expect(toNumbers(await run(() => causalMask(2, 3)))).toEqual([1, 1, 0, 1, 1, 1]);
  expect(
    toNumbers(
      await run(
        (x) => tril(x),
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
    ),
  ).toEqual([1, 0, 3, 4]);
  expect(
    toNumbers(await run((x) => cumSum(x, 0, { reverse: true, exclusive: true }), tensor([1, 2, 3]))),
  ).toEqual([5, 3, 0]);
  expect(toNumbers(await run((x) => isNan(x), tensor([Number.NaN, Infinity])))).toEqual([1, 0]);
});

test('a straight-through value is rounded forward and the identity backward', async () => {
  const f = (x: Value) => straightThrough(round(x), mul(x, 2));
  expect(toNumbers(await run(f, tensor([0.6, 1.2])))).toEqual([1, 1]);
  const slope = (x: Value) => grad((x: Value) => sum(mul(f(x), f(x))))(x);
  expect(toNumbers(await run(slope, tensor([0.6, 1.2])))).toEqual([4, 4]);
});

describe('einsum', () => {
  const sizes: Record<string, number> = { a: 2, b: 3, c: 4, d: 2, e: 1 };
  const random = randomFrom(3);
  const draw = (shape: number[]) =>
    tensor(
      uniform(
        random,
        shape.reduce((a, b) => a * b, 1),
      ),
      shape,
    );

  /** The sum of products by definition, over all values of all labels. */
  function byDefinition(equation: string, tensors: readonly Tensor[]): number[] {
    const [left, output] = equation.split('->') as [string, string];
    const terms = left.split(',');
    const labels = [...new Set(left.replaceAll(',', ''))];
    const at = (term: string, index: Map<string, number>) =>
      [...term].reduce((flat, l) => flat * sizes[l]! + index.get(l)!, 0);
    const result = new Array<number>([...output].reduce((n, l) => n * sizes[l]!, 1)).fill(0);
    const total = labels.reduce((n, l) => n * sizes[l]!, 1);
    for (let i = 0; i < total; i++) {
      let rest = i;
      const index = new Map(
        labels.map((l) => {
          const here = rest % sizes[l]!;
          rest = Math.floor(rest / sizes[l]!);
          return [l, here];
        }),
      );
      result[at(output, index)]! += terms.reduce((p, t, k) => p * Number(tensors[k]!.data[at(t, index)]), 1);
    }
    return result;
  }

  test.each([
    'ab->ba',
    'ab->',
    'abc->c',
    'ab,bc->ac',
    'ab,bc->ca',
    'ba,bc->ac',
    'ab,cb->ac',
    'abc,dbc->ad',
    'abc,abc->a',
    'a,b->ab',
    'ab,ab->ab',
    'abcd,abed->abce',
    'ab,c->b',
    'ab,bc,cd->ad',
    'ab,bc,ac->b',
    'ae,eb->ab',
    'cab,dcb->cda',
  ])('%s', async (equation) => {
    const tensors = equation
      .split('->')[0]!
      .split(',')
      .map((t) => draw([...t].map((l) => sizes[l]!)));
    const found = await run((...values) => einsum(equation, ...values), ...tensors);
    expect(distance(toNumbers(found), byDefinition(equation, tensors))).toBeLessThan(1e-12);
  });

  test('a product that lies ready takes no other operator', () => {
    const type = { dtype: 'float32' as const, shape: [2, 3, 4, 5] };
    const { graph } = trace((q: Value, k: Value) => einsum('bhqd,bhkd->bhqk', q, k), [type, type]);
    expect(reachable(graph.outputs).map((n) => n.op)).toEqual(['input', 'input', 'matmul']);
  });

  test('an ellipsis broadcasts', async () => {
    const [x, y] = [draw([3, 1, 2, 4]), draw([5, 4, 2])];
    const found = await run((x, y) => einsum('...ij,...jk->...ik', x, y), x, y);
    expect(found.shape).toEqual([3, 5, 2, 2]);
    const expected = await run((x, y) => einsum('aij,bjk->abik', x, y), { ...x, shape: [3, 2, 4] }, y);
    expect(distance(toNumbers(found), toNumbers(expected))).toBeLessThan(1e-12);
    const implicit = await run((x, y) => einsum('...ij,...jk', x, y), x, y);
    expect(toNumbers(implicit)).toEqual(toNumbers(found));
  });

  test.each([
    ['aa->a', [[2, 2]], 'diagonals'],
    ['ab,bc->ac', [[2, 2]], 'one term an operand'],
    ['ab->c', [[2, 2]], "label 'c'"],
    ['abc->a', [[2, 2]], 'does not label'],
    [
      'ab,bc->ac',
      [
        [2, 3],
        [2, 2],
      ],
      "label 'b' has the sizes 3 and 2",
    ],
    ['a1->a', [[2, 2]], 'must be letters'],
  ])('refuses %s of %j', (equation, shapes, message) => {
    const types = shapes.map((shape) => ({ dtype: 'float32' as const, shape }));
    expect(() => trace((...v: Value[]) => einsum(equation, ...v), types)).toThrow(message);
  });
});
