import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const warmUpSteps = 3;
const { optimizer, workloads } = readJson('workloads.json');
const { dependencies } = readJson('package.json');

/** The AdamW settings that every workload trains with. */
export { optimizer };

/**
 * Answers the JSON requests on stdin, one a line (see the README). `create(spec)` makes a trainer, whose `step` does
 * one whole training step and gives its loss; it returns nothing for a workload that the peer cannot express.
 */
export async function serve(library, create, why) {
  const peer = `${library} ${dependencies[library]}`;
  let trainer;
  for await (const line of createInterface({ input: process.stdin })) {
    const { workload, threads, steps } = JSON.parse(line);
    const reply = (fields) =>
      process.stdout.write(`${JSON.stringify({ peer, workload, threads, ...fields })}\n`);
    if (threads !== 1) {
      reply({ unsupported: 'runs on one thread in Node' });
      continue;
    }
    if (trainer?.workload !== workload) {
      trainer?.dispose();
      trainer = undefined;
      const created = workloads[workload] && create(workloads[workload]);
      if (!created) {
        reply({ unsupported: workloads[workload] ? why : `unknown workload: ${workload}` });
        continue;
      }
      trainer = { workload, ...created };
      await run(trainer, warmUpSteps);
    }
    const result = await run(trainer, steps);
    reply({
      ...result,
      parameters: trainer.parameters,
      peakRss: process.resourceUsage().maxRSS * 1024,
    });
  }
}

/** Wall and CPU milliseconds of each whole step, and the last loss. */
async function run(trainer, steps) {
  const wall = [];
  const cpu = [];
  let loss;
  for (let i = 0; i < steps; i++) {
    const wallStart = performance.now();
    const cpuStart = process.cpuUsage();
    loss = await trainer.step();
    const { user, system } = process.cpuUsage(cpuStart);
    wall.push(performance.now() - wallStart);
    cpu.push((user + system) / 1e3);
  }
  return { wall, cpu, loss };
}

/** `count` floats in [0, 1), the same on each run. */
export function uniform(seed, count) {
  return Float32Array.from({ length: count }, (_, i) => {
    const mixed = Math.imul((i + 1) ^ Math.imul(seed + 1, 0x9e3779b1), 0x85ebca6b);
    return ((Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) >>> 8) & 0xffffff) / 2 ** 24;
  });
}

/** The shapes of a workload's parameters by name (matrices are inputs x outputs). */
export function parameterShapes(spec) {
  if (spec.model === 'mlp') {
    const sizes = [spec.inputs, ...spec.hidden, spec.classes];
    return Object.fromEntries(
      sizes.slice(1).flatMap((outputs, i) => [
        [`weight${i}`, [sizes[i], outputs]],
        [`bias${i}`, [outputs]],
      ]),
    );
  }
  const { width, intermediate } = spec;
  const layers = Array.from({ length: spec.layers }, (_, i) => [
    [`norm1.${i}`, [width]],
    [`qkv.${i}`, [width, 3 * width]],
    [`output.${i}`, [width, width]],
    [`norm2.${i}`, [width]],
    [`up.${i}`, [width, intermediate]],
    [`down.${i}`, [intermediate, width]],
  ]);
  return Object.fromEntries([
    ['tokens', [spec.vocabulary, width]],
    ['positions', [spec.block, width]],
    ...layers.flat(),
    ['norm', [width]],
  ]);
}

/** Initial values of a parameter: ones for norms, zeros for biases, small random numbers otherwise. */
export function initial(name, shape, seed) {
  const count = sizeOf(shape);
  if (name.startsWith('norm')) return new Float32Array(count).fill(1);
  if (name.startsWith('bias')) return new Float32Array(count);
  const scale = 1 / Math.sqrt(shape[1]);
  return uniform(seed, count).map((u) => (2 * u - 1) * scale);
}

/** A workload's batch: `input` and whole-number `labels`, each a typed array with its shape. */
export function makeBatch(spec) {
  const integers = (seed, shape, high) => ({
    shape,
    values: Int32Array.from(uniform(seed, sizeOf(shape)), (u) => Math.floor(u * high)),
  });
  if (spec.model === 'mlp') {
    const shape = [spec.batch, spec.inputs];
    const values = uniform(1000, sizeOf(shape));
    return { input: { shape, values }, labels: integers(1001, [spec.batch], spec.classes) };
  }
  const length = spec.batch * spec.block;
  return {
    input: integers(1000, [length], spec.vocabulary),
    labels: integers(1001, [length], spec.vocabulary),
  };
}

export function sizeOf(shape) {
  return shape.reduce((product, length) => product * length, 1);
}

function readJson(file) {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
}
