import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openCausalModel } from '../packages/tutelage/dist/language/index.js';
import { alpacaPairs, sharesOf } from './alpaca-preferences.js';
import { start } from './peers.js';
import { settings } from './preference-accuracy.js';

const usage = `npm run bench -- preferences --model FILE.gguf --data FOLDER [--updates 6] [--threads 1] [--at-once 1]

  --model    SmolLM2-135M-Instruct
  --data     annotations of AlpacaEval, one .json.gz a model
  --at-once  pairs that PyTorch takes at once, of the 8 of an update`;

const path = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));
const patience = 20 * 60 * 1000;
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/**
 * The same updates of direct preference optimisation, one after the other by Tutelage and by transformers on PyTorch: the model's own
 * weights, the same pairs, rank, loss, clipping and optimizer. A token counts once for each answer that it belongs to; padding does not count.
 */
export async function benchmarkPreferences(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      model: { type: 'string' },
      data: { type: 'string' },
      updates: { type: 'string', default: '6' },
      threads: { type: 'string', default: '1' },
      'at-once': { type: 'string', default: '1' },
    },
  });
  if (!values.model || !values.data) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const work = await workOf(values);
  const folder = mkdtempSync(join(tmpdir(), 'preferences-'));
  const file = join(folder, 'work.json');
  writeFileSync(file, JSON.stringify(work));
  const sides = [
    { name: 'tutelage', command: process.execPath, args: [path('bench/preferences-worker.js')] },
    {
      name: 'transformers',
      command: process.env.TUTELAGE_PYTHON ?? 'python3',
      args: [path('peers/bench/preferences_worker.py')],
    },
  ].map(({ name, command, args }) => ({
    name,
    worker: start({ command, args: [...args, values.model, file, values.threads] }, patience),
    replies: [],
  }));
  for (const [i] of work.updates.entries()) {
    for (const { name, worker, replies } of sides) {
      const reply = await worker.request({});
      replies.push(reply);
      console.log(`update ${i + 1}, ${name}: ${JSON.stringify(reply)}`);
    }
  }
  for (const { worker } of sides) worker.stop();
  rmSync(folder, { recursive: true });
  report(work, sides);
}

async function workOf({ model: file, data, updates, 'at-once': pairsAtOnce }) {
  const model = await openCausalModel(file);
  const { train } = sharesOf(alpacaPairs(data, model, settings.longest), settings, settings.seed);
  const { beta, batchSize, loraRank } = settings;
  const all = Array.from({ length: Number(updates) }, (_, i) =>
    train.slice(i * batchSize, (i + 1) * batchSize),
  );
  // What the reference finds costs nothing in an update, so that it need not be true here: two nats a token.
  const known = ({ answer }) => -2 * answer.length;
  return {
    beta,
    loraRank,
    learningRate: 1e-3,
    pairsAtOnce: Number(pairsAtOnce),
    padding: model.tokenizer.special.end,
    updates: all.map((pairs) =>
      pairs.map(({ chosen, rejected }) => ({
        chosen: { ...chosen, reference: known(chosen) },
        rejected: { ...rejected, reference: known(rejected) },
      })),
    ),
  };
}

function report({ updates }, sides) {
  const tokens = updates.map((pairs) =>
    pairs
      .flatMap(({ chosen, rejected }) => [chosen, rejected])
      .reduce((sum, { prompt, answer }) => sum + prompt.length + answer.length - 1, 0),
  );
  const failed = sides.find(({ replies }) => replies.some(({ unsupported }) => unsupported));
  if (failed) {
    console.log(`${failed.name}: ${failed.replies.find(({ unsupported }) => unsupported).unsupported}`);
    return;
  }
  for (const { name, replies } of sides) {
    const speed = (clock) => median(replies.map((reply, i) => (1000 * tokens[i]) / reply[clock]).slice(1));
    const first = (replies[0].cpu / 1000).toFixed(1);
    console.log(
      `${name}: ${speed('cpu').toFixed(0)} tokens a second of processor time, ${speed('wall').toFixed(0)} of wall time; first update ${first} s; peak memory ${(replies.at(-1).peakRss / 1e9).toFixed(2)} GB; first loss ${replies[0].loss.toFixed(5)}`,
    );
  }
  const [own, other] = sides.map(({ replies }) => replies.slice(1));
  for (const clock of ['cpu', 'wall']) {
    const ratios = own.map((reply, i) => reply[clock] / other[i][clock]).toSorted((a, b) => a - b);
    console.log(
      `${clock}: tutelage takes ${median(ratios).toFixed(2)} of the time, ${ratios[0].toFixed(2)} to ${ratios.at(-1).toFixed(2)} in ${ratios.length} updates`,
    );
  }
}
