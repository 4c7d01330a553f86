import { describe, expect, test } from 'vitest';
import { lower } from '../src/compile/lower.js';
import { type Graph, trace } from '../src/compile/trace.js';
import {
  type ConvOptions,
  conv,
  convTranspose,
  grad,
  jit,
  mul,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  toNumbers,
  type Value,
} from '../src/index.js';
import { encodeModel } from '../src/onnx/proto.js';
import { currentBackend } from '../src/runtime/backend.js';
import { distance } from './support/gradcheck.js';
import { randomFrom, uniform } from './support/random.js';

const random = randomFrom(7);
const normalLike = (shape: readonly number[]): Tensor =>
  tensor(
    Float32Array.from(
      uniform(
        random,
        shape.reduce((a, b) => a * b, 1),
        [-1, 1],
      ),
    ),
    shape,
  );

async function run(graph: Graph, inputs: readonly Tensor[], blocked: boolean): Promise<Tensor[]> {
  const { model, inputNames, outputNames } = lower(graph, { blocked });
  const io = { inputs: inputNames, outputs: outputNames };
  const session = await currentBackend().load(encodeModel(model), io, { threads: 1 });
  const outputs = await session.run(inputs);
  await session.release();
  return outputs;
}

type Case = readonly [
  name: string,
  image: readonly number[],
  kernel: readonly number[],
  options: ConvOptions,
];

const cases: readonly Case[] = [
  ['few channels', [16, 3, 9, 8], [16, 3, 3, 3], { padding: 1 }],
  ['blocked', [16, 16, 6, 7], [32, 16, 3, 3], { padding: 1 }],
  ['stride', [8, 16, 9, 8], [32, 16, 3, 3], { padding: 1, stride: 2 }],
  ['1x1, stride', [16, 32, 8, 8], [16, 32, 1, 1], { stride: 2 }],
  ['patches', [4, 3, 8, 8], [32, 3, 4, 4], { stride: 4 }],
  ['dilation', [20, 16, 9, 9], [16, 16, 3, 3], { padding: [0, 2, 1, 0], dilation: 2 }],
  ['dilation and stride', [16, 16, 9, 9], [16, 16, 3, 3], { padding: 2, dilation: 2, stride: 2 }],
  ['more padding than kernel', [16, 16, 3, 3], [16, 16, 2, 2], { padding: 3 }],
  ['depthwise', [2, 32, 6, 6], [32, 1, 3, 3], { padding: 1, groups: 32 }],
  ['groups', [2, 32, 5, 5], [32, 16, 3, 3], { padding: 1, groups: 2 }],
  ['odd numbers of channels', [9, 5, 6, 6], [7, 5, 3, 3], { padding: 1 }],
  ['one axis', [16, 16, 20], [32, 16, 5], { padding: 2, stride: 2 }],
];

/** The convolution with its gradients, and those of a function of the gradients. */
const withGradients = (options: ConvOptions) => (x: Value, w: Value, g: Value) => {
  const objective = (p: { x: Value; w: Value }) => sum(mul(conv(p.x, p.w, options), g));
  const first = (p: { x: Value; w: Value }) => {
    const d = grad(objective)(p);
    return sum(mul(mul(d.x, d.x), sum(mul(d.w, d.w))));
  };
  return [conv(x, w, options), grad(objective)({ x, w }), grad(first)({ x, w })];
};

describe('kernels in a blocked layout agree with plain ones', () => {
  test.each(cases)('%s', async (_, image, kernel, options) => {
    const [x, w] = [normalLike(image), normalLike(kernel)];
    const result = trace((a: Value, b: Value) => conv(a, b, options), [x, w]).graph.outputs[0]!;
    const inputs = [x, w, normalLike(result.shape)];
    const { graph } = trace(withGradients(options), inputs);
    const plain = await run(graph, inputs, false);
    const blocked = await run(graph, inputs, await currentBackend().blocked(undefined));
    plain.forEach((t, i) => {
      const scale = Math.max(...toNumbers(t).map(Math.abs));
      const parts = (v: Tensor) => toNumbers(v).map((y) => y / scale);
      expect(distance(parts(blocked[i]!), parts(t))).toBeLessThan(1e-3);
    });
  });
});

test('convolves along one axis', async () => {
  const f = jit((x: Value, w: Value, bias: Value) => conv(x, w, { bias, padding: [1, 0], stride: 2 }));
  const y = await f(tensor([[[1, 2, 3, 4]]]), tensor([[[1, 10]]]), tensor([0.5]));
  expect(y.shape).toEqual([1, 1, 2]);
  expect(toNumbers(y)).toEqual([10.5, 32.5]);
  await f.dispose();
});

test('transposed convolution enlarges, with what the stride leaves open as output padding', async () => {
  const f = jit((x: Value, w: Value, bias: Value) =>
    convTranspose(x, w, { bias, stride: 2, outputPadding: 1 }),
  );
  const y = await f(tensor([[[1, 2]]]), tensor([[[1, 10]]]), tensor([0.5]));
  expect(toNumbers(y)).toEqual([1.5, 10.5, 2.5, 20.5, 0.5]);
  await f.dispose();
});

test('a convolution that others are to run is a plain one', () => {
  const { graph } = trace(
    (x: Value, w: Value) => conv(x, w, { padding: 1 }),
    [normalLike([1, 16, 4, 4]), normalLike([16, 16, 3, 3])],
  );
  expect(lower(graph).model.graph.nodes.map((n) => n.opType)).toEqual(['Conv']);
});

test('explains shapes that do not fit', () => {
  const make = (image: number[], kernel: number[], options: ConvOptions) => () =>
    trace((x: Value, w: Value) => conv(x, w, options), [normalLike(image), normalLike(kernel)]);
  expect(make([1, 4, 3, 3], [2, 3, 1, 1], {})).toThrow(ShapeError);
  expect(make([1, 4, 3, 3], [3, 2, 1, 1], { groups: 2 })).toThrow('do not fit 2 groups');
  expect(make([1, 1, 3, 3], [1, 1, 4, 4], {})).toThrow('larger than the padded image');
  expect(make([1, 1, 3, 3], [1, 1, 1, 1], { stride: 0 })).toThrow('stride must be integers from 1');
  expect(make([1, 3, 3], [1, 1, 1, 1], {})).toThrow('as many axes');
});
