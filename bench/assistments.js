import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openInteractions, readInteractions } from '../packages/tutelage/dist/tasks/interactions/index.js';
import { fetchPublic } from '../packages/tutelage/dist/tasks/public.js';
import {
  assessTracing,
  bkt,
  dktKind,
  elo,
  factors,
  foldsOf,
  irt,
  meansOf,
  saktKind,
  simpleKtKind,
  splitLearners,
} from '../packages/tutelage/dist/tracing/index.js';

const usage = `npm run bench -- assistments --set 2009|2015 [--hide] [--folds N] [--only MODEL]...

  --hide   2009: rows that may tell of the same answer do not see one another
  --folds  folds that nets are fitted on, of 5; the classical models are fitted on all. Default 1
  --only   one model`;

const output = new URL('../bench-results/', import.meta.url);
const settings = {
  steps: 200,
  batchSize: 64,
  learningRate: 1e-3,
  epochs: 30,
  patience: 3,
  stride: 50,
};
const size = { width: 64, dropout: 0.1 };
const classical = [
  meansOf('all'),
  meansOf('concept'),
  irt(1),
  irt(2),
  elo,
  factors('afm'),
  factors('pfa'),
  bkt(),
  bkt({ forgets: true }),
];
const nets = [dktKind(size, settings), saktKind(size, settings), simpleKtKind(size, settings, false)];

/** Fits the models on ASSISTments as it is published and split, and prints what they reach on the test learners. */
export async function benchmarkAssistments(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      set: { type: 'string' },
      hide: { type: 'boolean', default: false },
      folds: { type: 'string', default: '1' },
      only: { type: 'string', multiple: true },
    },
  });
  if (!sets[values.set]) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const { read, test, folds } = await sets[values.set](await fetchPublic(`assistments-${values.set}`));
  const data = values.hide ? sistersHidden(read.interactions) : read.interactions;
  console.log(
    `${read.format}, ${data.response.length} answers of ${data.learners.length} learners, ${test.length} of them for the test; SHA-256 ${read.hash}`,
  );
  for (const warning of read.warnings) console.log(`warning: ${warning}`);
  console.log(
    '\n| model | AUC | within learner | accuracy | RMSE | calibration error | folds | CPU s a fold |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
  const rows = [];
  for (const kind of [...classical, ...nets].filter(({ id }) => !values.only || values.only.includes(id))) {
    const own = nets.includes(kind) ? folds.slice(0, Number(values.folds)) : folds;
    const found = [];
    const before = process.cpuUsage();
    for (const [seed, fold] of own.entries()) {
      const tracer = await kind.fit(data, fold, {
        seed,
        signal: new AbortController().signal,
        say: (line) => console.error(line),
      });
      found.push(assessTracing(data, test, await tracer.predict(data, test)));
      await tracer.dispose();
    }
    const { user, system } = process.cpuUsage(before);
    const cpu = (user + system) / 1e6 / own.length;
    const column = (name) => spread(found.map((one) => one[name]));
    rows.push({ model: kind.id, found, cpu });
    console.log(
      `| ${kind.title} | ${column('auc')} | ${column('withinLearner')} | ${column('accuracy')} | ${column('rmse')} | ${column('calibrationError')} | ${own.length} | ${cpu.toFixed(1)} |`,
    );
  }
  mkdirSync(output, { recursive: true });
  const name = `assistments-${values.set}${values.hide ? '-hidden' : ''}.json`;
  writeFileSync(
    new URL(name, output),
    `${JSON.stringify({ hash: read.hash, load: loadavg()[0], settings, size, rows }, undefined, 2)}\n`,
  );
}

function spread(values) {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
  return values.length > 1 ? `${mean.toFixed(4)} ± ${deviation.toFixed(4)}` : mean.toFixed(4);
}

async function readText(name, text) {
  const folder = mkdtempSync(join(tmpdir(), 'assistments-'));
  try {
    const path = join(folder, name);
    writeFileSync(path, text);
    return await readInteractions(path, await openInteractions(path));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const sets = {
  /** Learners have no names; they are numbered in the order of the files. */
  async 2009(files) {
    const [train, test] = ['train', 'test'].map((part) =>
      readFileSync(files.get(`assist2009_updated_${part}.csv`), 'utf8'),
    );
    const trained = train.trimEnd().split('\n').length / 3;
    const read = await readText('answers.txt', `${train.trimEnd()}\n${test}`);
    const everyone = Int32Array.from(read.interactions.learners, (_, u) => u);
    const isTrained = (u) => Number(read.interactions.learners[u]) <= trained;
    return {
      read,
      test: everyone.filter((u) => !isTrained(u)),
      folds: foldsOf(everyone.filter(isTrained), 5),
    };
  },
  /** Folds are pyKT's. */
  async 2015(files) {
    const rows = (name) =>
      readFileSync(files.get(name), 'utf8')
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => /^([^,]*,[^,]*,"[^"]*","[^"]*")/.exec(line)?.[1] ?? line);
    const lines = ['fold,uid,concepts,responses', ...rows('train_valid.csv'), ...rows('test.csv')];
    const read = await readText('answers.csv', lines.join('\n'));
    return { read, ...splitLearners(read.interactions, 5, 0) };
  },
};

/**
 * Rows that may tell of one answer, as several concepts of a question do in this file: neighbours with different concepts and the same
 * response. More are hidden than need be.
 */
function sistersHidden(data) {
  const first = data.first.slice();
  for (let u = 0; u < data.learners.length; u++) {
    for (let row = data.offsets[u] + 1; row < data.offsets[u + 1]; row++) {
      const alike = data.response[row] === data.response[row - 1];
      const others = data.question.subarray(first[row - 1], row);
      if (alike && !others.includes(data.question[row])) first[row] = first[row - 1];
    }
  }
  return { ...data, first };
}
