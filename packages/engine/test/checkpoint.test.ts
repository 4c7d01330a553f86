import { describe, expect, test } from 'vitest';
import { reachable } from '../src/graph/value.js';
import {
  add,
  checkpoint,
  exp,
  grad,
  jit,
  matmul,
  mul,
  sigmoid,
  sum,
  type Tensor,
  tanh,
  tensor,
  toNumbers,
  trace,
  type Value,
  valueAndGrad,
} from '../src/index.js';
import { randomFrom, uniform } from './support/random.js';

type Fn = (x: Value) => Value;
type Layer = (fn: Fn, x: Value) => Value;
const plainly: Layer = (fn, x) => fn(x);

const dice = randomFrom(3);
const drawn = (rows: number): Tensor => tensor(Float32Array.from(uniform(dice, 4 * rows)), [rows, 4]);
const [x, w, u] = [drawn(3), drawn(4), drawn(3)];

/** Two layers, of which the second uses what the first gives beside its own input, and weights that both share. */
const net = (layer: Layer) => (a: Value, b: Value, c: Value) => {
  const first = layer((h) => tanh(matmul(h, b)), a);
  const second = layer((h) => mul(sigmoid(matmul(h, b)), add(exp(c), first)), add(first, a));
  return sum(mul(second, second));
};

const gradients = async (layer: Layer) => {
  const loss = net(layer);
  const run = jit(
    grad((p: readonly Value[]) => loss(p[0]!, p[1]!, p[2]!)),
    { threads: 1 },
  );
  const found = (await run([x, w, u])) as readonly Tensor[];
  await run.dispose();
  return found.map(toNumbers);
};

describe('a value that is computed again on the way back', () => {
  test('has the same gradients, of all that it was made from', async () => {
    expect(await gradients(checkpoint)).toEqual(await gradients(plainly));
  });

  test('has the same second derivatives', async () => {
    const twice = async (layer: Layer) => {
      const loss = net(layer);
      const inner = (a: Value, b: Value, c: Value) => sum(mul(grad((p: Value) => loss(p, b, c))(a), a));
      const run = jit(
        grad((p: readonly Value[]) => inner(p[0]!, p[1]!, p[2]!)),
        { threads: 1 },
      );
      const found = (await run([x, w, u])) as readonly Tensor[];
      await run.dispose();
      return found.flatMap(toNumbers);
    };
    const expected = await twice(plainly);
    expect(await twice(checkpoint)).toEqual(expected.map((value) => expect.closeTo(value, 4)));
  });

  test('is computed twice, and nothing but the gradient waits for that', () => {
    const count = (layer: Layer) => {
      const both = valueAndGrad((a: Value) => sum(layer((h) => exp(tanh(h)), a)));
      const { graph } = trace((a: Value) => [both(a).value, both(a).grad], [x]);
      return reachable(graph.outputs).filter((node) => node.op === 'tanh').length;
    };
    expect([count(plainly), count(checkpoint)]).toEqual([1, 2]);
    const value = (layer: Layer) => trace((a: Value) => layer((h) => exp(tanh(h)), a), [x]).graph;
    expect(reachable(value(checkpoint).outputs).map((node) => node.op)).toEqual(['input', 'tanh', 'exp']);
  });

  test('does not depend on its input', async () => {
    const run = jit(grad((p: readonly Value[]) => sum(checkpoint(() => mul(p[1]!, p[1]!), p[0]!))));
    const [a, b] = (await run([tensor([1, 2]), tensor([3, 4])])) as readonly Tensor[];
    expect([toNumbers(a!), toNumbers(b!)]).toEqual([
      [0, 0],
      [6, 8],
    ]);
    await run.dispose();
  });
});
