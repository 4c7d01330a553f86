import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { random, weights } from '@tutelage/engine';
import { llamaDecoder } from '../packages/tutelage/dist/language/generate/decoder.js';
import { generate } from '../packages/tutelage/dist/language/generate/generate.js';
import { gptRollouts, llamaRollouts } from '../packages/tutelage/dist/language/generate/rollouts.js';
import { ggufLlama } from '../packages/tutelage/dist/language/gguf-model.js';
import { initGpt } from '../packages/tutelage/dist/models/gpt.js';
import { initLlama } from '../packages/tutelage/dist/models/llama.js';
import { start } from './peers.js';
import { summarise } from './statistics.js';
import { table } from './table.js';

const rounds = 7;
/** Turns of both sides before those that count. */
const warmUps = 4;
const rollouts = { batch: 64, prompt: 16, tokens: 64 };
const small = { vocabulary: 1024, width: 128, layers: 4, heads: 4 };
const llama = { ...small, keyValueHeads: 4, intermediate: 344, rmsNormEpsilon: 1e-5, ropeTheta: 10_000 };
const gpt = { ...small, block: 128 };
const smollm = process.env.TUTELAGE_SMOLLM2;

const prompts = Array.from({ length: rollouts.batch }, (_, b) =>
  Array.from({ length: rollouts.prompt }, (_, i) => (31 * b + 7 * i) % small.vocabulary),
);
const drawing = { maxTokens: rollouts.tokens, sampling: { key: random.key(1) } };
/** Draws with weights that stay the same. */
const sampled = (drawn, params) => {
  drawn.load(params);
  return { run: () => drawn.draw(prompts, drawing), release: () => drawn.release() };
};
const smallLlama = (threads) =>
  sampled(llamaRollouts(llama, 128, { threads }), initLlama(random.key(0), llama));
const smallGpt = (threads) => sampled(gptRollouts(gpt, { threads }), initGpt(random.key(0), gpt));
const oneAnswer = async (threads) => {
  const { params, config } = ggufLlama(weights.openGguf(smollm));
  const decoder = await llamaDecoder(params, config, 1024, { threads });
  const prompt = Array.from({ length: 32 }, (_, i) => 1000 + i);
  return {
    run: () => generate(decoder, [prompt], { maxTokens: 128 }),
    release: () => decoder.release(),
  };
};

const cases = [
  { name: 'rollouts, LLaMA 1M', make: smallLlama },
  // Ours come with log-probabilities in any case.
  { name: 'rollouts with log-probabilities, LLaMA 1M', make: smallLlama },
  { name: 'rollouts, GPT 1M', make: smallGpt },
  ...(smollm ? [{ name: 'SmolLM2-135M, one answer', make: oneAnswer, tokens: 128 }] : []),
];

/** Tokens a second of generation, ours and that of transformers' `generate` on PyTorch, taking turns. */
export async function benchmarkLanguage(args) {
  const counts = args.length > 0 ? args.map(Number) : [1, 2];
  const script = fileURLToPath(new URL('../peers/language_speed.py', import.meta.url));
  const peer = start(
    { command: process.env.TUTELAGE_PYTHON ?? 'python3', args: [script, ...(smollm ? [smollm] : [])] },
    600_000,
  );
  const load = loadavg()[0];
  const rows = [];
  for (const threads of counts) {
    for (const one of cases) rows.push([one.name, threads, ...(await race(one, threads, peer))]);
  }
  peer.stop();
  const header = ['case', 'threads', 'Tutelage', 'transformers', 'ratio'];
  console.log(
    `Tokens a second, medians of ${rounds} turns. Load average ${load.toFixed(1)} to ${loadavg()[0].toFixed(1)}.\n`,
  );
  console.log(
    table(
      header,
      rows.map((row) => row.map(String)),
    ),
  );
  if (!smollm) console.log('\nTUTELAGE_SMOLLM2 is not set: SmolLM2 is left out');
}

async function race({ name, make, tokens = rollouts.batch * rollouts.tokens }, threads, peer) {
  const model = await make(threads);
  const ours = [];
  const theirs = [];
  for (let i = 0; i < warmUps + rounds; i++) {
    ours.push(await timed(model.run));
    theirs.push(await peer.request({ case: name, threads }));
  }
  await model.release();
  const median = (turns) => summarise(turns.slice(warmUps)).median;
  const speed = (turns) => ((1000 * tokens) / median(turns)).toFixed(0);
  const absent = theirs.find((turn) => turn.unsupported);
  if (absent) return [speed(ours), absent.unsupported, '–'];
  const peers = theirs.map((turn) => turn.wall);
  return [speed(ours), speed(peers), `${(median(peers) / median(ours)).toFixed(2)} ×`];
}

async function timed(run) {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
