import {
  add,
  createTrainer,
  gelu,
  type Jitted,
  jit,
  matmul,
  mean,
  mul,
  nn,
  optim,
  random,
  sub,
  tensor,
  type Value,
} from '../../src/index.js';

/*
 * Prints how far resident memory grows, in MiB, from after warming up to the end of each kind of work.
 */

const collect = (globalThis as unknown as { gc(): void }).gc;
const resident = () => {
  collect();
  return process.memoryUsage.rss() / 2 ** 20;
};

/** Growth while `work` is done `times` times, after half as many to warm up. */
async function growth(times: number, work: (i: number) => Promise<unknown>): Promise<number> {
  for (let i = 0; i < times / 2; i++) await work(i);
  const before = resident();
  for (let i = 0; i < times; i++) await work(i);
  return resident() - before;
}

const filled = (name: string, shape: readonly number[]) => nn.normal(1)(random.key(name), shape);
type Params = { readonly w: Value; readonly v: Value };
const params = () => ({ w: filled('w', [32, 64]), v: filled('v', [64, 1]) });
const loss = (p: Params, batch: { readonly x: Value; readonly y: Value }, key: Value) => {
  const error = sub(matmul(random.dropout(gelu(matmul(batch.x, p.w)), 0.1, key), p.v), batch.y);
  return [mean(mul(error, error)), error] as const;
};

const trainer = createTrainer({ params: params(), loss, optimizer: optim.adamw(), threads: 1 });
// New data at every step, so that buffers which the runtime would keep would add up: 40 MiB in all.
const step = (i: number) =>
  trainer.step({ x: tensor(new Float32Array(1024).fill(i % 7), [32, 32]), y: filled('y', [32, 1]) });
const steps = await growth(10_000, step);
await trainer.dispose();

const f = jit((x: Value, y: Value) => ({ sum: add(x, y), product: matmul(x, y, { transB: true }) }), {
  threads: 1,
});
const calls = await growth(10_000, (i) => {
  const x = tensor(new Float32Array(1024).fill(i), [32, 32]);
  return f(x, x);
});
await f.dispose();

/** A function with a constant of its own of 256 KiB, which the runtime copies: without disposal, 100 MiB in all. */
async function compileOnce(i: number): Promise<void> {
  const weight = tensor(new Float32Array(256 * 256).fill(i), [256, 256]);
  const own: Jitted<[Value], Value> = jit((x: Value) => matmul(x, weight), { threads: 1 });
  await own(tensor(new Float32Array(256), [1, 256]));
  await own.dispose();
}
const compiled = await growth(200, compileOnce);

console.log(JSON.stringify({ steps, calls, compiled }));
