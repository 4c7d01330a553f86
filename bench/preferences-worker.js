import { readFileSync, readSync } from 'node:fs';
import { openCausalModel } from '../packages/tutelage/dist/language/index.js';
import { dpoCausal } from '../packages/tutelage/dist/students/index.js';

/*
 * One update of direct preference optimisation for each line that it reads: `node preferences-worker.js MODEL WORK THREADS`. It answers as
 * `peers/bench/preferences_worker.py` does.
 */

const [modelPath, workPath, threads] = process.argv.slice(2);
const { updates, beta, learningRate, loraRank } = JSON.parse(readFileSync(workPath, 'utf8'));
const pairs = updates.flat();

/** Waits without another update being begun. */
function waitForLine() {
  const byte = Buffer.alloc(1);
  while (readSync(0, byte) === 1 && byte[0] !== 0x0a);
  return { wall: performance.now(), cpu: process.cpuUsage() };
}

const model = await openCausalModel(modelPath);
let since = waitForLine();
await dpoCausal({
  model,
  pairs,
  reference: pairs.map(({ chosen, rejected }) => ({
    chosen: chosen.reference,
    rejected: rejected.reference,
  })),
  beta,
  learningRate,
  batchSize: updates[0].length,
  loraRank,
  seed: 0,
  threads: Number(threads),
  signal: new AbortController().signal,
  onStep(_, __, loss) {
    const wall = performance.now() - since.wall;
    const { user, system } = process.cpuUsage(since.cpu);
    const peakRss = process.resourceUsage().maxRSS * 1024;
    process.stdout.write(`${JSON.stringify({ wall, cpu: (user + system) / 1000, loss, peakRss })}\n`);
    since = waitForLine();
  },
});
