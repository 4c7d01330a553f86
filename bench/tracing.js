import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { random } from '@tutelage/engine';
import { openInteractions, readInteractions } from '../packages/tutelage/dist/tasks/interactions/index.js';
import {
  simulatedAnswers,
  simulatedSchool,
  synthetic5,
} from '../packages/tutelage/dist/tasks/simulated-learners.js';
import {
  aktKind,
  bkt,
  dktKind,
  itemAt,
  saktKind,
  simpleKtKind,
} from '../packages/tutelage/dist/tracing/index.js';

const usage = `npm run bench -- tracing [--rows N] [--format table|ednet]... [--online]

  --rows    answers to generate, 10,000,000 when left out
  --format  one table of all answers, or EdNet's KT1 with a file for each learner; both when left out
  --online  instead, what a learner's next answer costs, after few answers and after many`;

const answersEach = 168;
const questions = 13_000;
const tags = 188;

/** Prepares generated answers: parsed, checked, sorted, made into sequences; prints the time and the memory that it takes. */
export async function benchmarkTracing(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      rows: { type: 'string', default: '10000000' },
      format: { type: 'string', multiple: true, default: ['table', 'ednet'] },
      online: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  if (values.online) return followLong();
  const rows = Number(values.rows);
  const folder = mkdtempSync(join(tmpdir(), 'tracing-'));
  try {
    for (const format of values.format) {
      const path = await generators[format](folder, rows);
      const cpu = process.cpuUsage();
      const start = performance.now();
      const read = await readInteractions(path, await openInteractions(path));
      const seconds = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      const { interactions } = read;
      console.log(
        `${read.format}: ${read.rows} rows to ${interactions.response.length} answers of ${interactions.learners.length} learners in ${seconds.toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} CPU s), peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB, load ${loadavg()[0].toFixed(1)}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds to take in an answer and to estimate all concepts, while a learner's history grows. */
async function followLong() {
  const key = random.key('online');
  const options = { knownConcepts: true, sameOrder: false };
  const { data } = simulatedAnswers(simulatedSchool(synthetic5, key), 64, options, key);
  const everyone = Int32Array.from({ length: 64 }, (_, u) => u);
  const settings = { steps: 200, batchSize: 64, learningRate: 1e-3, epochs: 1, patience: 1, stride: 200 };
  const size = { width: 64, dropout: 0.1 };
  const items = data.concepts.map((_, k) => ({ question: 0, concepts: Int32Array.of(k) }));
  const kinds = [
    bkt(),
    dktKind(size, settings),
    saktKind(size, settings),
    simpleKtKind(size, settings),
    aktKind(size, settings),
  ];
  for (const kind of kinds) {
    const tracer = await kind.fit(
      data,
      { train: everyone.slice(0, 48), validation: everyone.slice(48) },
      { seed: 1, signal: new AbortController().signal },
    );
    const follower = tracer.follow();
    const costs = [];
    for (let answer = 0; answer < 2000; answer++) {
      const row = answer % data.response.length;
      const start = performance.now();
      await follower.answer(itemAt(data, row), data.response[row]);
      await follower.probabilities(items);
      costs.push(performance.now() - start);
    }
    await tracer.dispose();
    const median = (begin) =>
      costs
        .slice(begin, begin + 200)
        .sort((a, b) => a - b)[100]
        .toFixed(3);
    console.log(`${kind.title}: ${median(10)} ms an answer at first, ${median(1800)} ms after 1,800 answers`);
  }
}

/** Random words for one learner. */
function wordsOf(learner) {
  const words = new Uint32Array(2 * answersEach);
  random.fillBits(words, random.foldIn(random.key('answers'), learner));
  return words;
}

const generators = {
  /** Learners take turns, as in a log: row i is of learner i mod learners. */
  async table(folder, rows) {
    const path = join(folder, 'answers.csv');
    const learners = Math.ceil(rows / answersEach);
    const words = Array.from({ length: learners }, (_, u) => wordsOf(u));
    const out = createWriteStream(path);
    out.write('user_id,question_id,tags,correct,timestamp,elapsed_time\n');
    let lines = [];
    for (let row = 0; row < rows; row++) {
      const own = words[row % learners];
      const at = Math.floor(row / learners);
      const question = own[2 * at] % questions;
      const word = own[2 * at + 1];
      lines.push(
        `user${row % learners},q${question},${question % tags}_${(question * 7) % tags},${word % 3 > 0 ? 1 : 0},${1.5e12 + row * 20 - (word % 1000)},${word % 60000}\n`,
      );
      if (lines.length === 50_000 || row === rows - 1) {
        if (!out.write(lines.join(''))) await new Promise((resolve) => out.once('drain', resolve));
        lines = [];
      }
    }
    await new Promise((resolve) => out.end(resolve));
    return path;
  },
  ednet(folder, rows) {
    const path = join(folder, 'ednet');
    mkdirSync(join(path, 'KT1'), { recursive: true });
    mkdirSync(join(path, 'contents'));
    const contents = Array.from(
      { length: questions },
      (_, q) => `q${q},b${q},e${q},${'abcd'[q % 4]},5,${q % tags};${(q * 7) % tags},1571279008033`,
    );
    const header = 'question_id,bundle_id,explanation_id,correct_answer,part,tags,deployed_at';
    writeFileSync(join(path, 'contents', 'questions.csv'), [header, ...contents].join('\n'));
    for (let u = 0; u * answersEach < rows; u++) {
      const words = wordsOf(u);
      const lines = ['timestamp,solving_id,question_id,user_answer,elapsed_time'];
      for (let i = 0; i < answersEach; i++) {
        const [word, other] = [words[2 * i], words[2 * i + 1]];
        lines.push(`${1.5e12 + i * 60000},${i},q${word % questions},${'abcd'[other % 4]},${other % 60000}`);
      }
      writeFileSync(join(path, 'KT1', `u${u}.csv`), lines.join('\n'));
    }
    return path;
  },
};
