import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  add,
  type Backend,
  createTrainer,
  gelu,
  item,
  jit,
  matmul,
  mean,
  mul,
  optim,
  random,
  setBackend,
  sub,
  sum,
  tensor,
  type Value,
} from '../src/index.js';
import { currentBackend } from '../src/runtime/backend.js';

let real: Backend;
let counts: { loads: number; runs: number; releases: number };

/** A backend that counts what is asked of the real one. */
beforeEach(() => {
  real = currentBackend();
  counts = { loads: 0, runs: 0, releases: 0 };
  setBackend({
    blocked: (device) => real.blocked(device),
    async load(...args) {
      counts.loads++;
      const session = await real.load(...args);
      return {
        run: (...call) => {
          counts.runs++;
          return session.run(...call);
        },
        release: () => {
          counts.releases++;
          return session.release();
        },
      };
    },
  });
});

afterEach(() => setBackend(real));

test('a function is traced once for each combination of shapes and structure', async () => {
  let traces = 0;
  const f = jit((batch: { readonly x: Value; readonly weight?: Value }) => {
    traces++;
    return sum(batch.weight ? mul(batch.x, batch.weight) : batch.x);
  });
  const [two, three] = [tensor([1, 2]), tensor([1, 2, 3])];
  for (let i = 0; i < 3; i++) expect(item(await f({ x: two }))).toBe(3);
  expect([traces, counts.loads]).toEqual([1, 1]);
  expect(item(await f({ x: three }))).toBe(6);
  expect(item(await f({ x: three, weight: three }))).toBe(14);
  expect(item(await f({ x: tensor([1n, 2n].map(Number), [2], 'int32') }))).toBe(3);
  for (const x of [two, three]) await f({ x });
  expect([traces, counts.loads]).toEqual([4, 4]);
  await f.dispose();
});

test('lists and records are other structures, though their paths are the same', async () => {
  let traces = 0;
  const f = jit((parts: { readonly list: readonly Value[] } | { readonly list: Record<string, Value> }) => {
    traces++;
    return Object.values(parts.list).reduce((a, b) => add(a, b));
  });
  await f({ list: [tensor(1), tensor(2)] });
  await f({ list: { 0: tensor(1), 1: tensor(2) } });
  expect(traces).toBe(2);
  await f.dispose();
});

test('calls that come together wait for one program', async () => {
  const f = jit((x: Value) => mul(x, 2));
  const results = await Promise.all([1, 2, 3].map((n) => f(tensor(n))));
  expect(results.map(item)).toEqual([2, 4, 6]);
  expect(counts.loads).toBe(1);
  await f.dispose();
});

test('a function that failed to compile is tried again', async () => {
  let broken = true;
  const f = jit((x: Value) => {
    if (broken) throw new Error('not yet');
    return mul(x, 2);
  });
  await expect(f(tensor(1))).rejects.toThrow('not yet');
  broken = false;
  expect(item(await f(tensor(1)))).toBe(2);
  await f.dispose();
});

test('what is disposed of is released, and compiled anew when it is called again', async () => {
  const f = jit((x: Value) => mul(x, 2));
  await f(tensor(1));
  await f(tensor([1, 2]));
  await f.dispose();
  await f.dispose();
  expect(counts).toMatchObject({ loads: 2, releases: 2 });
  expect(item(await f(tensor(3)))).toBe(6);
  expect(counts).toMatchObject({ loads: 3, releases: 2 });
  await f.dispose();
});

test('disposal waits for what is still being compiled, and passes over what fails', async () => {
  const f = jit((x: Value) => mul(x, 2));
  const failing = jit((x: Value): Value => {
    throw new Error(`refuses ${x.shape}`);
  });
  const [call, failure] = [f(tensor(1)), failing(tensor(1))];
  failure.catch(() => {});
  await Promise.all([f.dispose(), failing.dispose()]);
  expect(counts).toMatchObject({ loads: 1, releases: 1 });
  await expect(failure).rejects.toThrow('refuses');
  // The program was gone before it could be run, or ran just before.
  await call.catch((error: Error) => expect(error.message).toContain('disposed'));
});

test('a step of a trainer is one call of the runtime', async () => {
  type Params = { readonly w: Value; readonly v: Value };
  const trainer = createTrainer({
    params: {
      w: tensor(new Float32Array(12).fill(0.1), [3, 4]),
      v: tensor(new Float32Array(4).fill(0.1), [4, 1]),
    },
    loss: (p: Params, x: Value, key: Value) => {
      const y = matmul(random.dropout(gelu(matmul(x, p.w)), 0.1, key), p.v);
      return [mean(mul(y, sub(y, 1))), y] as const;
    },
    optimizer: optim.adamw(),
    clipNorm: 1,
    accumulates: true,
  });
  const batch = tensor(new Float32Array(6).fill(1), [2, 3]);
  for (let i = 0; i < 5; i++) await trainer.step(batch);
  expect(counts).toMatchObject({ loads: 1, runs: 5 });
  await trainer.step(batch, batch, batch);
  expect(counts).toMatchObject({ loads: 1, runs: 8 });
  await trainer.dispose();
  expect(counts.releases).toBe(1);
  await trainer.step(batch);
  expect(counts).toMatchObject({ loads: 2, runs: 9 });
  await trainer.dispose();
});
