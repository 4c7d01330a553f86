import { describe, expect, test } from 'vitest';
import { vjp } from '../src/autodiff/grad.js';
import { trace } from '../src/compile/trace.js';
import { type DType, isFloat } from '../src/graph/dtype.js';
import { sizeOf } from '../src/graph/shape.js';
import {
  add,
  createTrainer,
  embedding,
  grad,
  jit,
  type LaneUse,
  layerNorm,
  matmul,
  mean,
  mul,
  nn,
  optim,
  random,
  reshape,
  stack,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  toNumbers,
  type Value,
  vmap,
} from '../src/index.js';
import { apply, applyAll, ruleOf } from '../src/ops/apply.js';
import { batchingRules, laneOf, unrolled } from '../src/ops/batching.js';
import type { Op, Sample } from '../src/ops/rule.js';
import { zerosLike } from '../src/ops/shape.js';
import { leaf } from '../src/ops/sources.js';
import { distance, withProgram } from './support/gradcheck.js';
import { randomFrom, uniform } from './support/random.js';

const lanes = 3;
const ops = (Object.keys(batchingRules) as (keyof typeof batchingRules)[]).filter(
  (op) => ruleOf(op).samples.length > 0,
);

/** Which inputs of a sample differ between lanes: all of them, and each alone. */
function patterns(count: number): boolean[][] {
  const alone = Array.from({ length: count }, (_, i) => Array.from({ length: count }, (_, j) => i === j));
  return count > 1 ? [new Array<boolean>(count).fill(true), ...alone] : alone;
}

/** Data of an input for one lane; what is given outright comes backwards in every second lane. */
function drawLane(
  input: Sample<Op>['inputs'][number],
  lane: number,
  dtype: DType,
  draw: () => number,
): Tensor {
  if (!input.fixed) {
    return tensor(uniform(draw, sizeOf(input.shape), input.range, input.avoid), input.shape, dtype);
  }
  return lane % 2 === 0 ? input.fixed : { ...input.fixed, data: input.fixed.data.slice().reverse() };
}

function stackTensors(each: readonly Tensor[]): Tensor {
  const [first] = each as [Tensor];
  const numbers = each.flatMap(toNumbers);
  return tensor(numbers as number[], [each.length, ...first.shape], first.dtype);
}

/** The operator's results, and the gradients of their sum of squares where it has any. */
function resultsAndGradients(op: Op, sample: Sample<Op>, given: readonly Value[]): Value[] {
  const inputs = given.map(leaf);
  const outputs =
    ruleOf(op).infer(inputs, sample.attributes).length === 1
      ? [apply(op, inputs, sample.attributes)]
      : applyAll(op, inputs, sample.attributes);
  const floats = outputs.filter((v) => isFloat(v.dtype));
  const sources = inputs.filter((_, i) => !sample.inputs[i]!.fixed);
  if (ruleOf(op).vjp === null || floats.length === 0 || sources.length === 0) return [...outputs];
  const slopes = vjp(floats, floats, sources);
  return [...outputs, ...slopes.map((g, i) => g ?? zerosLike(sources[i]!))];
}

describe.each(ops)('%s', (op) => {
  const samples = ruleOf(op).samples as readonly Sample<Op>[];
  test.each(samples.map((sample, i) => [i, sample] as const))('sample %i by lanes', async (i, sample) => {
    const dtype = op === 'cachedAttention' ? 'float32' : 'float64';
    for (const pattern of patterns(sample.inputs.length)) {
      const draw = randomFrom(500 + i);
      const data = sample.inputs.map((input, k) =>
        pattern[k]
          ? stackTensors(Array.from({ length: lanes }, (_, lane) => drawLane(input, lane, dtype, draw)))
          : drawLane(input, 0, dtype, draw),
      );
      const uses = pattern.map((mapped): LaneUse => (mapped ? 'stacked' : 'shared'));
      const { graph } = trace((...inputs: Value[]) => {
        const one = (...own: Value[]) => resultsAndGradients(op, sample, own);
        const together = vmap(one, uses)(...inputs);
        const each = Array.from({ length: lanes }, (_, lane) =>
          one(...inputs.map((value, k) => laneOf({ value, stacked: pattern[k]! }, lane))),
        );
        return [together, together.map((_, k) => stack(each.map((results) => results[k]!)))];
      }, data);
      const outputs = await withProgram(graph, (run) => run(data));
      const [found, expected] = [outputs.slice(0, outputs.length / 2), outputs.slice(outputs.length / 2)];
      expect(found.map((t) => [t.dtype, ...t.shape])).toEqual(expected.map((t) => [t.dtype, ...t.shape]));
      const error = distance(found.flatMap(toNumbers), expected.flatMap(toNumbers));
      expect(error, `stacked: ${pattern}`).toBeLessThan(dtype === 'float64' ? 1e-9 : 1e-4);
    }
  });
});

test('lanes are not unrolled, but for operators that are known to be', () => {
  const nodes = (count: number) => {
    let most = 0;
    for (const op of ops) {
      if (batchingRules[op] === unrolled) continue;
      for (const sample of ruleOf(op).samples as readonly Sample<Op>[]) {
        const types = sample.inputs.map((s) => ({
          dtype: s.fixed?.dtype ?? ('float32' as const),
          shape: [count, ...s.shape],
        }));
        const { graph } = trace(
          (...x: Value[]) => vmap((...own: Value[]) => resultsAndGradients(op, sample, own))(...x),
          types,
        );
        most += graph.outputs.length + graph.outputs.reduce((n, v) => n + v.node.id, 0);
      }
    }
    return most;
  };
  expect(nodes(16)).toBe(nodes(2));
});

const filled = (name: string, shape: readonly number[]) => nn.normal(1)(random.key(name), shape);

type Net = { readonly table: Value; readonly w: Value; readonly norm: nn.Norm<Value> };
const net = {
  table: filled('table', [lanes, 7, 4]),
  w: filled('w', [lanes, 4, 4]),
  norm: { weight: filled('weight', [lanes, 4]), bias: filled('bias', [lanes, 4]) },
};
const ids = tensor(Int32Array.of(0, 6, 3, 3, -1), [5]);
const loss = (p: Net, ids: Value) => {
  const x = embedding(p.table, ids);
  const y = layerNorm(tanh(matmul(x, p.w)), p.norm.weight, p.norm.bias);
  return mean(mul(y, sub(x, 1)));
};

test('the gradient of a sum over lanes is the gradients of the lanes', async () => {
  const f = jit((p: Net, ids: Value) => ({
    outside: grad((q: Net) => sum(vmap(loss, ['stacked', 'shared'])(q, ids)))(p),
    inside: vmap(grad(loss), ['stacked', 'shared'])(p, ids),
  }));
  const { outside, inside } = await f(net, ids);
  for (const key of ['table', 'w'] as const)
    expect(distance(toNumbers(outside[key]), toNumbers(inside[key]))).toBeLessThan(1e-4);
  expect(distance(toNumbers(outside.norm.bias), toNumbers(inside.norm.bias))).toBeLessThan(1e-4);
  await f.dispose();
});

test('one lane alone gives what it gives among others', async () => {
  const [all, one] = [jit(vmap(loss, ['stacked', 'shared'])), jit(loss)];
  const found = toNumbers(await all(net, ids));
  const lane = (t: Tensor, i: number): Tensor => {
    const size = sizeOf(t.shape.slice(1));
    return tensor(t.data.slice(i * size, (i + 1) * size), t.shape.slice(1));
  };
  for (let i = 0; i < lanes; i++) {
    const own = {
      table: lane(net.table, i),
      w: lane(net.w, i),
      norm: { weight: lane(net.norm.weight, i), bias: lane(net.norm.bias, i) },
    };
    expect(distance(toNumbers(await one(own, ids)), [found[i]!])).toBeLessThan(1e-5);
  }
  for (const f of [all, one]) await f.dispose();
});

test('keys give every lane numbers of its own: those of the key with its number folded in', async () => {
  const noisy = (x: Value, key: Value) => add(x, random.normal(random.foldInTraced(key, 'noise'), [4]));
  const f = jit((x: Value, key: Value) => ({
    together: vmap(noisy, ['stacked', 'keys'])(x, key),
    each: stack([0, 1, 2].map((i) => noisy(reshape(x, [lanes, 4]), random.foldInTraced(key, i)))),
    same: vmap(noisy, ['stacked', 'shared'])(x, key),
  }));
  const { together, each, same } = await f(
    tensor(new Float32Array(12), [lanes, 4]),
    random.keyTensor(random.key(5)),
  );
  const rows = [0, 1, 2].map((i) => toNumbers(each).slice(i * 16, i * 16 + 4));
  expect(toNumbers(together)).toEqual(rows.flat());
  expect(new Set(toNumbers(together)).size).toBe(12);
  expect(new Set(toNumbers(same)).size).toBe(4);
  await f.dispose();
});

test('may be nested', async () => {
  const outer = jit((a: Value, b: Value) =>
    vmap((x: Value) => vmap((y: Value) => sum(mul(x, y)))(b), ['stacked'])(a),
  );
  const [a, b] = [filled('a', [2, 3]), filled('b', [4, 3])];
  const product = jit((a: Value, b: Value) => matmul(a, b, { transB: true }));
  expect(distance(toNumbers(await outer(a, b)), toNumbers(await product(a, b)))).toBeLessThan(1e-5);
  for (const f of [outer, product]) await f.dispose();
});

test('what does not depend on the lanes is repeated for them', async () => {
  const f = jit((x: Value, y: Value) =>
    vmap((x: Value, y: Value) => [x, mul(y, 2)] as const, ['stacked', 'shared'])(x, y),
  );
  const [, doubled] = await f(tensor([1, 2]), tensor([3]));
  expect(doubled.shape).toEqual([2, 1]);
  expect(toNumbers(doubled)).toEqual([6, 6]);
  await f.dispose();
});

test('says what is wrong', () => {
  const types = [
    { dtype: 'float32', shape: [2, 3] },
    { dtype: 'float32', shape: [3, 3] },
    { dtype: 'int32', shape: [2, 2] },
  ] as const;
  expect(() => trace((a: Value, b: Value) => vmap(add)(a, b), types.slice(0, 2))).toThrow(
    'vmap: stacked arguments must have one number of lanes, at least 1, along their first axes: float32[2, 3], float32[3, 3]',
  );
  expect(() => trace((a: Value) => vmap((x: Value) => x, ['shared'])(a), types.slice(0, 1))).toThrow(
    'vmap: stacked arguments must have one number of lanes',
  );
  expect(() =>
    trace(
      (a: Value, k: Value) => vmap((x: Value, key: Value) => random.dropout(x, 0.5, key))(a, k),
      [types[0], types[2]],
    ),
  ).toThrow("vmap: a stack of keys can't be used: pass one key, as 'keys'");
  expect(() =>
    trace(
      (a: Value, k: Value) => vmap((x: Value, key: Value) => [x, add(key, 1)], ['stacked', 'keys'])(a, k),
      [types[0], { dtype: 'int32', shape: [2] }],
    ),
  ).toThrow('vmap: keys are for random numbers alone: add of a key');
});

test('seeds that are trained together end where they end alone', async () => {
  type Model = { readonly hidden: nn.Linear<Value>; readonly output: nn.Linear<Value> };
  const init = (seed: number) => ({
    hidden: nn.initLinear(random.key(`hidden ${seed}`), 4, 8),
    output: nn.initLinear(random.key(`output ${seed}`), 8, 1),
  });
  const error = (p: Model, { x, y }: { readonly x: Value; readonly y: Value }, key: Value) => {
    const hidden = random.dropout(tanh(nn.linear(p.hidden, x)), 0.25, key);
    const difference = sub(nn.linear(p.output, hidden), y);
    return mean(mul(difference, difference));
  };
  const options = { optimizer: optim.adamw({ learningRate: 0.01 }), threads: 1 };
  const alone = (seed: number) =>
    createTrainer({
      params: init(seed),
      loss: (p: Model, batch: { readonly x: Value; readonly y: Value }, key: Value) =>
        error(p, batch, random.foldInTraced(key, seed)),
      ...options,
    });
  const layers = [0, 1, 2].map(init);
  const stackLayer = (name: keyof Model) => ({
    weight: stackTensors(layers.map((p) => p[name].weight)),
    bias: stackTensors(layers.map((p) => p[name].bias!)),
  });
  const together = createTrainer({
    params: { hidden: stackLayer('hidden'), output: stackLayer('output') },
    loss: (p: Model, batch: { readonly x: Value; readonly y: Value }, key: Value) => {
      const losses = vmap(error, ['stacked', 'shared', 'keys'])(p, batch, key);
      return [sum(losses), losses] as const;
    },
    ...options,
  });
  const single = [0, 1, 2].map(alone);
  for (let step = 0; step < 30; step++) {
    const batch = { x: filled(`x${step}`, [6, 4]), y: filled(`y${step}`, [6, 1]) };
    const { aux } = await together.step(batch);
    const losses: number[] = [];
    for (const trainer of single) losses.push((await trainer.step(batch)).loss);
    expect(distance(toNumbers(aux), losses)).toBeLessThan(1e-4);
  }
  for (const trainer of [together, ...single]) await trainer.dispose();
});
