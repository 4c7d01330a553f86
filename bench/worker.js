import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createTrainer, jit, matmul, nn, optim, random } from '@tutelage/engine';
import { flopsOfStep } from './flops.js';
import { build, optimizer, workloads } from './workloads.js';

/*
 * Answers the requests of `peers/README.md` for Tutelage, with three further fields: `flops` of a step, `compile` and `matmul_peak`
 * as PyTorch's worker has it.
 */

const warmUpSteps = 3;
const { version } = JSON.parse(
  readFileSync(new URL('../packages/engine/package.json', import.meta.url), 'utf8'),
);
const peer = `tutelage ${version}`;
let current;

for await (const line of createInterface({ input: process.stdin })) {
  const { workload, threads, steps } = JSON.parse(line);
  const reply = await answer(workload, threads, steps);
  process.stdout.write(`${JSON.stringify({ peer, workload, threads, ...reply })}\n`);
}

async function answer(workload, threads, steps) {
  if (workload === 'matmul_peak') return { gflops: await matmulPeak(threads) };
  if (!workloads[workload]) return { unsupported: `unknown workload: ${workload}` };
  if (current?.workload !== workload || current.threads !== threads) {
    await current?.trainer.dispose();
    current = await prepare(workload, threads);
    await run(warmUpSteps);
  }
  const { flops, compile, parameters } = current;
  const timings = await run(steps);
  return { ...timings, flops, compile, parameters, peakRss: process.resourceUsage().maxRSS * 1024 };
}

/** A trainer that has taken its first step, which compiles it; `compile` is how long that took in milliseconds. */
async function prepare(workload, threads) {
  const spec = workloads[workload];
  const start = performance.now();
  const { trainer, loss, batch, parameters } = trainerOf(spec, threads);
  if (parameters !== spec.parameters) {
    throw new Error(`internal: ${workload} has ${parameters} parameters instead of ${spec.parameters}`);
  }
  await trainer.step(batch);
  const compile = performance.now() - start;
  return {
    workload,
    threads,
    trainer,
    batch,
    compile,
    parameters,
    flops: flopsOfStep(loss, trainer.params, batch),
  };
}

/** A function of its own, so that the initial parameters are let go of, as PyTorch keeps no second copy either. */
function trainerOf(spec, threads) {
  const { params, loss, batch } = build(spec);
  const [beta1, beta2] = optimizer.betas;
  const trainer = createTrainer({
    params,
    loss,
    optimizer: optim.adamw({ ...optimizer, beta1, beta2 }),
    threads,
  });
  return { trainer, loss, batch, parameters: nn.countParameters(params) };
}

/** Wall and CPU milliseconds of each whole step, and the last loss. */
async function run(steps) {
  const [wall, cpu] = [[], []];
  let loss;
  for (let i = 0; i < steps; i++) {
    const wallStart = performance.now();
    const cpuStart = process.cpuUsage();
    ({ loss } = await current.trainer.step(current.batch));
    const { user, system } = process.cpuUsage(cpuStart);
    wall.push(performance.now() - wallStart);
    cpu.push((user + system) / 1e3);
  }
  return { wall, cpu, loss };
}

/** Best GFLOP/s of a square product, by size: of several in one call, in either form that training uses. */
async function matmulPeak(threads) {
  const chained = 4;
  const found = {};
  for (const n of [256, 512, 1024]) {
    const square = nn.normal(1 / Math.sqrt(n))(random.key(n), [n, n]);
    found[n] = 0;
    for (const transB of [false, true]) {
      const product = jit(
        (x, w) => Array.from({ length: chained }).reduce((y) => matmul(y, w, { transB }), x),
        { threads },
      );
      await product(square, square);
      for (let i = 0; i < Math.max(5, 2 ** 31 / n ** 3); i++) {
        const start = performance.now();
        await product(square, square);
        const gflops = (chained * 2 * n ** 3) / (performance.now() - start) / 1e6;
        found[n] = Math.max(found[n], gflops);
      }
      await product.dispose();
    }
  }
  return found;
}
