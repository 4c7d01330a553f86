import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { random, weights } from '@tutelage/engine';
import { gptDecoder, llamaDecoder } from '../packages/tutelage/dist/language/generate/decoder.js';
import { generate } from '../packages/tutelage/dist/language/generate/generate.js';
import { ggufLlama } from '../packages/tutelage/dist/language/gguf-model.js';
import { initGpt } from '../packages/tutelage/dist/models/gpt.js';
import { initLlama } from '../packages/tutelage/dist/models/llama.js';
import { start } from './peers.js';
import { summarise } from './statistics.js';
import { table } from './table.js';

const rounds = 7;
const rollouts = { batch: 64, prompt: 16, tokens: 64 };
const small = { vocabulary: 1024, width: 128, layers: 4, heads: 4 };
const llama = { ...small, keyValueHeads: 4, intermediate: 344, rmsNormEpsilon: 1e-5, ropeTheta: 10_000 };
const gpt = { ...small, block: 128 };
const smollm = process.env.TUTELAGE_SMOLLM2;

const prompts = Array.from({ length: rollouts.batch }, (_, b) =>
  Array.from({ length: rollouts.prompt }, (_, i) => (31 * b + 7 * i) % small.vocabulary),
);
const sampled = (decoder) =>
  generate(decoder, prompts, { maxTokens: rollouts.tokens, sampling: { key: random.key(1) } });
const smallLlama = (threads) => llamaDecoder(initLlama(random.key(0), llama), llama, 128, { threads });

const cases = [
  { name: 'rollouts, LLaMA 1M', make: smallLlama, run: sampled },
  // Ours come with log-probabilities in any case.
  { name: 'rollouts with log-probabilities, LLaMA 1M', make: smallLlama, run: sampled },
  {
    name: 'rollouts, GPT 1M',
    make: (threads) => gptDecoder(initGpt(random.key(0), gpt), gpt, { threads }),
    run: sampled,
  },
  ...(smollm
    ? [
        {
          name: 'SmolLM2-135M, one answer',
          make: (threads) => {
            const { params, config } = ggufLlama(weights.openGguf(smollm));
            return llamaDecoder(params, config, 1024, { threads });
          },
          run: (decoder) =>
            generate(decoder, [Array.from({ length: 32 }, (_, i) => 1000 + i)], { maxTokens: 128 }),
          tokens: 128,
        },
      ]
    : []),
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
  const header = ['case', 'threads', 'Tutelage', 'transformers', 'ratio', 'ratio by CPU time'];
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

async function race({ name, make, run, tokens = rollouts.batch * rollouts.tokens }, threads, peer) {
  const decoder = await make(threads);
  const ours = [];
  const theirs = [];
  // The first turn warms up.
  for (let i = 0; i <= rounds; i++) {
    ours.push(await timed(() => run(decoder)));
    theirs.push(await peer.request({ case: name, threads }));
  }
  await decoder.release();
  const median = (turns, of) => summarise(turns.slice(1).map((turn) => turn[of])).median;
  const speed = (turns) => ((1000 * tokens) / median(turns, 'wall')).toFixed(0);
  const absent = theirs.find((turn) => turn.unsupported);
  if (absent) return [speed(ours), absent.unsupported, '–', '–'];
  const ratio = (of) => `${(median(theirs, of) / median(ours, of)).toFixed(2)} ×`;
  return [speed(ours), speed(theirs), ratio('wall'), ratio('cpu')];
}

async function timed(run) {
  const before = process.cpuUsage();
  const start = performance.now();
  await run();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1000 };
}
