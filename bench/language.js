/**
 * Speed of generation. Run after `npm run build`:
 *
 *     node bench/language.js [threads]
 *
 * Prints one JSON line for each case, as `peers/language_speed.py` does for transformers: milliseconds of processor and of
 * wall time for each new token, or for all of a batch, medians of several runs.
 */
import { random, weights } from '@tutelage/engine';
import { gptDecoder, llamaDecoder } from '../packages/tutelage/dist/language/generate/decoder.js';
import { generate } from '../packages/tutelage/dist/language/generate/generate.js';
import { ggufLlama } from '../packages/tutelage/dist/language/gguf-model.js';
import { initGpt } from '../packages/tutelage/dist/models/gpt.js';
import { initLlama } from '../packages/tutelage/dist/models/llama.js';

const threads = Number(process.argv[2] ?? 1);

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Runs a case a few times. The difference of a long and a short answer leaves the prompt out. */
async function measure(name, runs, tokens, run) {
  await run();
  const wall = [];
  const cpu = [];
  for (let i = 0; i < runs; i += 1) {
    const before = process.cpuUsage();
    const start = performance.now();
    await run();
    wall.push(performance.now() - start);
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / 1000);
  }
  const row = { peer: 'tutelage', case: name, threads, wall: median(wall), cpu: median(cpu) };
  console.log(
    JSON.stringify({
      ...row,
      tokensPerSecond: tokens / (row.wall / 1000),
      tokensPerCpuSecond: tokens / (row.cpu / 1000),
    }),
  );
}

const rollouts = { batch: 64, prompt: 16, tokens: 64 };
const small = { vocabulary: 1024, width: 128, layers: 4, heads: 4 };
const prompts = Array.from({ length: rollouts.batch }, (_, b) =>
  Array.from({ length: rollouts.prompt }, (_, i) => (31 * b + 7 * i) % small.vocabulary),
);
const options = { maxTokens: rollouts.tokens, sampling: { key: random.key(1) } };
const llamaConfig = {
  ...small,
  keyValueHeads: 4,
  intermediate: 344,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 10_000,
};

for (const [name, make] of [
  [
    'rollouts llama 1M',
    () => llamaDecoder(initLlama(random.key(0), llamaConfig), llamaConfig, 128, { threads }),
  ],
  [
    'rollouts gpt 1M',
    () => gptDecoder(initGpt(random.key(0), { ...small, block: 128 }), { ...small, block: 128 }, { threads }),
  ],
]) {
  const decoder = await make();
  await measure(name, 5, rollouts.batch * rollouts.tokens, () => generate(decoder, prompts, options));
  await decoder.release();
}

const path = process.env.TUTELAGE_SMOLLM2;
if (path) {
  const file = weights.openGguf(path);
  const { params, config } = ggufLlama(file);
  const decoder = await llamaDecoder(params, config, 1024, { threads });
  const prompt = Array.from({ length: 32 }, (_, i) => 1000 + i);
  await measure('smollm2 decode 128', 3, 128, () => generate(decoder, [prompt], { maxTokens: 128 }));
  await decoder.release();
} else {
  console.log('TUTELAGE_SMOLLM2 is not set: SmolLM2 is left out');
}
