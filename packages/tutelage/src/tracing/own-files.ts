import { mkdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { wilsonInterval } from '../assessment/intervals.js';
import type { Interactions } from '../tasks/interactions/index.js';
import { csvLine, type MasteryFormat, masteryFiles, masteryLines, masteryOverTime } from './mastery.js';
import { recommend } from './recommend.js';
import { itemAt, type Tracer } from './tracer.js';

const fewestAnswers = 5;
const hardestShown = 100;
const linesAtOnce = 10_000;

async function writeLines(path: string, lines: AsyncIterable<string>): Promise<void> {
  const file = await open(path, 'w');
  try {
    let held: string[] = [];
    const flush = async (): Promise<void> => {
      await file.write(held.join(''));
      held = [];
    };
    for await (const line of lines) if (held.push(`${line}\n`) >= linesAtOnce) await flush();
    await flush();
  } finally {
    await file.close();
  }
}

/** Writes what a fitted model is used with: the model, and the numbers that it knows concepts and questions by. */
export function writeModel(folder: string, tracer: Tracer, data: Interactions): void {
  mkdirSync(join(folder, 'model'), { recursive: true });
  const { name, content } = tracer.file();
  writeFileSync(join(folder, 'model', name), content);
  const { concepts, questions } = data;
  writeFileSync(join(folder, 'model', 'vocabulary.json'), `${JSON.stringify({ concepts, questions })}\n`);
}

/** Writes each learner's mastery over time. @param tracer BKT */
export async function writeMastery(
  folder: string,
  data: Interactions,
  tracer: Tracer,
  format: MasteryFormat,
): Promise<void> {
  const records = masteryOverTime(data, tracer, data.learners.keys());
  await writeLines(
    join(folder, masteryFiles[format]),
    masteryLines(records, format, new Date().toISOString()),
  );
}

/**
 * Writes, for each learner, the chance to answer the next question of each concept, and which concept to practise next. A concept
 * stands for the question of it that was answered most often.
 *
 * @returns how many learners a concept was found for
 */
export async function writeNext(
  folder: string,
  data: Interactions,
  tracer: Tracer,
  signal: AbortSignal,
): Promise<number> {
  const items = usualItems(data);
  let advised = 0;
  async function* lines(): AsyncGenerator<string> {
    yield csvLine(['learner', 'concept', 'chance', 'next']);
    for (const [u, learner] of data.learners.entries()) {
      if (signal.aborted) return;
      const follower = tracer.follow();
      for (let row = data.offsets[u]!; row < data.offsets[u + 1]!; row++) {
        await follower.answer(itemAt(data, row), data.response[row] === 1 ? 1 : 0);
      }
      const chances = await follower.probabilities(items);
      const next = recommend(chances);
      if (next !== undefined) advised += 1;
      for (const [i, { concepts }] of items.entries()) {
        yield csvLine([learner, data.concepts[concepts[0]!]!, chances[i]!.toFixed(4), i === next ? 1 : 0]);
      }
    }
  }
  await writeLines(join(folder, 'next.csv'), lines());
  return advised;
}

/** Of each concept that was asked, the question that was answered most often. */
function usualItems(data: Interactions) {
  const counts = new Int32Array(data.questions.length);
  for (const q of data.question) counts[q]! += 1;
  const usual = new Map<number, number>();
  data.question.forEach((q, row) => {
    for (const k of data.conceptSets[data.conceptSet[row]!]!) {
      const known = usual.get(k);
      if (known === undefined || counts[q]! > counts[known]!) usual.set(k, q);
    }
  });
  return [...usual].map(([k, question]) => ({ question, concepts: Int32Array.of(k) }));
}

/** Writes the questions that fewest answer right, by the upper end of the share's interval, so that few answers do not make one hard. */
export function writeHardest(folder: string, data: Interactions): void {
  const [right, count] = [new Int32Array(data.questions.length), new Int32Array(data.questions.length)];
  data.question.forEach((q, row) => {
    right[q]! += data.response[row]!;
    count[q]! += 1;
  });
  const rows = data.questions
    .map((question, q) => ({ question, q }))
    .filter(({ q }) => count[q]! >= fewestAnswers)
    .map(({ question, q }) => ({ question, answers: count[q]!, ...wilsonInterval(right[q]!, count[q]!) }))
    .sort((a, b) => a.high - b.high)
    .slice(0, hardestShown);
  const lines = rows.map(({ question, answers, estimate, low, high }) =>
    csvLine([question, answers, ...[estimate, low, high].map((x) => x.toFixed(4))]),
  );
  const header = csvLine(['question', 'answers', 'right', 'low', 'high']);
  writeFileSync(join(folder, 'hardest.csv'), [header, ...lines, ''].join('\n'));
}
