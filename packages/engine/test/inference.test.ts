import { expect, test } from 'vitest';
import {
  add,
  cachedAttention,
  compileInference,
  constant,
  iota,
  jit,
  matmul,
  nn,
  quantileIndex,
  reshape,
  ShapeError,
  split,
  type Tensor,
  tensor,
  trace,
  transpose,
  type Value,
} from '../src/index.js';
import { randomFrom } from './support/random.js';

const float32 = (...shape: number[]) => ({ dtype: 'float32' as const, shape });
const random = randomFrom(7);
const filled = (...shape: number[]): Tensor => {
  const size = shape.reduce((product, d) => product * d, 1);
  return tensor(
    Float32Array.from({ length: size }, () => 2 * random() - 1),
    shape,
  );
};

test('one session serves all sizes', async () => {
  const weight = filled(3, 2);
  const f = (x: Value) => matmul(x, constant(weight));
  const session = await compileInference(f, [[float32(2, 3)], [float32(5, 3)]]);
  for (const rows of [1, 2, 4]) {
    const x = filled(rows, 3);
    const [y] = await session.run([x]);
    expect(y).toEqual(await jit(f)(x));
  }
  await session.release();
});

test('results can be written to given memory', async () => {
  const session = await compileInference((x: Value) => add(x, 1), [[float32(2)], [float32(3)]]);
  const into = tensor(new Float32Array(4));
  const [y] = await session.run([tensor(Float32Array.of(1, 2, 3, 4))], [into]);
  expect(y).toBe(into);
  expect([...into.data]).toEqual([2, 3, 4, 5]);
  await session.release();
});

test.each([
  ['a shape', (x: Value) => reshape(x, [-1])],
  ['a constant', (x: Value) => add(x, x.dim(0))],
  ['a number of nodes', (x: Value) => split(x, x.dim(0), 0).reduce((a, b) => add(a, b))],
  ['positions', (x: Value) => add(x, iota(x.dim(0), 'float32'))],
])('a function that depends on a free size by %s is refused', async (_, f) => {
  await expect(compileInference(f, [[float32(2, 1)], [float32(3, 1)]])).rejects.toThrow(
    'compileInference: the function depends on a free size',
  );
});

/** Causal self-attention of packed queries, keys and values, by the engine's other operators. */
function plainAttention(packed: Value, heads: number, keyHeads: number, head: number): Value {
  const [batch, steps] = packed.shape as [number, number, number];
  const sizes = [heads, keyHeads, keyHeads];
  const parts = split(
    packed,
    sizes.map((n) => n * head),
    2,
  ).map((x, i) => transpose(reshape(x, [batch, steps, sizes[i]!, head]), [0, 2, 1, 3]));
  const table = nn.rotaryTable(steps, head, 100);
  const [q, k, v] = parts as [Value, Value, Value];
  const context = nn.attention(nn.rotate(q, table), nn.rotate(k, table), v, { causal: true });
  return reshape(transpose(context, [0, 2, 1, 3]), [batch, steps, heads * head]);
}

test('attention to an empty cache is causal attention', async () => {
  const [heads, keyHeads, head, steps] = [4, 2, 8, 5];
  const packed = filled(2, steps, (heads + 2 * keyHeads) * head);
  const angles = Array.from({ length: steps * 4 }, (_, i) => Math.floor(i / 4) * 100 ** (-(i % 4) / 4));
  const table = (of: (x: number) => number) => tensor(Float32Array.from(angles, of), [steps, 4]);
  const places = tensor(
    BigInt64Array.from({ length: 2 * steps }, (_, i) => BigInt(i % steps)),
    [2, steps],
  );
  const hidden = -1e30;
  const causal = Float32Array.from({ length: 2 * steps * steps }, (_, i) =>
    i % steps <= Math.floor(i / steps) % steps ? 0 : hidden,
  );
  const cached = jit((x: Value) =>
    cachedAttention(x, {
      heads,
      keyValueHeads: keyHeads,
      keys: constant(filled(2, keyHeads, 3, head)),
      values: constant(filled(2, keyHeads, 3, head)),
      pastBias: constant(tensor(new Float32Array(6).fill(hidden), [2, 1, 1, 3])),
      newBias: constant(tensor(causal, [1, 1, 2 * steps, steps])),
      sizes: constant(tensor(BigInt64Array.of(3n, BigInt(steps)))),
      rotary: { places: constant(places), cos: constant(table(Math.cos)), sin: constant(table(Math.sin)) },
    }),
  );
  const { context, keys, values } = await cached(packed);
  const expected = await jit((x: Value) => plainAttention(x, heads, keyHeads, head))(packed);
  expect(keys.shape).toEqual([2, keyHeads, steps, head]);
  expect(values.shape).toEqual([2, keyHeads, steps, head]);
  expected.data.forEach((x, i) => {
    expect(context.data[i]).toBeCloseTo(Number(x), 5);
  });
});

test('one step after a past is the last of several', async () => {
  const [heads, keyHeads, head, steps] = [4, 2, 8, 5];
  const packed = filled(1, steps, (heads + 2 * keyHeads) * head);
  const attend = (x: Value, past: number, keys: Value, values: Value) => {
    const several = x.dim(1) > 1;
    const angles = Array.from({ length: steps * 4 }, (_, i) => Math.floor(i / 4) * 100 ** (-(i % 4) / 4));
    const table = (of: (x: number) => number) => constant(tensor(Float32Array.from(angles, of), [steps, 4]));
    const places = BigInt64Array.from({ length: x.dim(1) }, (_, i) => BigInt(past + i));
    const causal = Float32Array.from({ length: 2 * x.dim(1) ** 2 }, (_, i) =>
      i % x.dim(1) <= Math.floor(i / x.dim(1)) % x.dim(1) ? 0 : -1e30,
    );
    return cachedAttention(x, {
      heads,
      keyValueHeads: keyHeads,
      keys,
      values,
      pastBias: constant(
        tensor(new Float32Array(keys.dim(2)).fill(past === 0 ? -1e30 : 0), [1, 1, 1, keys.dim(2)]),
      ),
      ...(several && { newBias: constant(tensor(causal, [1, 1, 2 * x.dim(1), x.dim(1)])) }),
      sizes: constant(tensor(BigInt64Array.of(BigInt(keys.dim(2)), BigInt(x.dim(1))))),
      rotary: {
        places: constant(tensor(places, [1, x.dim(1)])),
        cos: table(Math.cos),
        sin: table(Math.sin),
      },
    });
  };
  const f = jit((x: Value) => {
    const nothing = constant(filled(1, keyHeads, 1, head));
    const whole = attend(x, 0, nothing, nothing);
    const past = (added: Value) => split(added, [steps - 1, 1], 2)[0]!;
    const last = split(x, [steps - 1, 1], 1)[1]!;
    const alone = attend(last, steps - 1, past(whole.keys), past(whole.values));
    return { whole: split(whole.context, [steps - 1, 1], 1)[1]!, alone: alone.context };
  });
  const { whole, alone } = await f(packed);
  expect(alone.shape).toEqual([1, 1, heads * head]);
  alone.data.forEach((x, i) => {
    expect(x).toBeCloseTo(Number(whole.data[i]), 5);
  });
  await f.dispose();
});

test('attention names a cache that does not fit', () => {
  const types = [float32(1, 2, 24), float32(1, 1, 4, 6), float32(1, 1, 4, 6)];
  expect(() =>
    trace(
      (packed: Value, keys: Value, values: Value) =>
        cachedAttention(packed, {
          heads: 1,
          keyValueHeads: 1,
          keys,
          values,
          pastBias: packed,
          newBias: packed,
          sizes: packed,
        }).context,
      types,
    ),
  ).toThrow(ShapeError);
});

test('attention has a bias between new positions if there are several, and only then', () => {
  const past = [float32(1, 1, 4, 8), float32(1, 1, 4, 8), float32(1, 1, 1, 4)];
  const attend = (newBias: boolean) => (packed: Value, keys: Value, values: Value, bias: Value) =>
    cachedAttention(packed, {
      heads: 1,
      keyValueHeads: 1,
      keys,
      values,
      pastBias: bias,
      sizes: constant(tensor(BigInt64Array.of(4n, 1n))),
      ...(newBias && { newBias: bias }),
    }).context;
  expect(() => trace(attend(true), [float32(1, 1, 24), ...past])).toThrow('given for 1');
  expect(() => trace(attend(false), [float32(1, 2, 24), ...past])).toThrow('missing for 2');
});

test.each([1, 2, 7, 16, 1000])(
  'a quantile of %i weights is where their running sum passes it',
  async (size) => {
    const weights = filled(6, size);
    (weights.data as Float32Array).forEach((x, i, all) => {
      all[i] = Math.max(0, x);
    });
    for (let row = 0; row < 6; row++) weights.data[row * size + Math.floor(size / 2)] = 0.5;
    const session = await compileInference(quantileIndex, [
      [float32(2, size), float32(2, 1)],
      [float32(3, size), float32(3, 1)],
    ]);
    for (const at of [0, 0.3, 0.5, 0.99, 1 - 2 ** -24, 1]) {
      const [found] = await session.run([weights, tensor(new Float32Array(6).fill(at), [6, 1])]);
      found!.data.forEach((index, row) => {
        const own = (weights.data as Float32Array).subarray(row * size, (row + 1) * size);
        const sum = (end: number) => own.subarray(0, end).reduce((a, b) => a + b, 0);
        const share = (end: number) => sum(end) / sum(size);
        expect(own[Number(index)]).toBeGreaterThan(0);
        expect(share(Number(index))).toBeLessThan(at + 1e-5);
        expect(share(Number(index) + 1)).toBeGreaterThan(at - 1e-5);
      });
    }
    await session.release();
  },
);
