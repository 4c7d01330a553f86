import type { Concrete, Value } from '@tutelage/engine';
import { beforeAll, expect, test } from 'vitest';
import type { CausalModel } from '../../src/language/causal-model.js';
import { lessonBatch } from '../../src/language/lessons.js';
import { type TextLesson, tokenize } from '../../src/language/text-alignment.js';
import type { Tokenizer } from '../../src/language/tokenizer/tokenizer.js';
import { trainByteBpe, trainWordPiece } from '../../src/language/tokenizer/train.js';
import { compareVocabularies } from '../../src/language/vocabulary-pairing.js';
import { supervised } from '../../src/objectives/tokens.js';
import { causalTrainer } from '../../src/students/causal-trainer.js';
import { distilByText } from '../../src/students/distil-by-text.js';
import { textScorer } from '../../src/students/score-texts.js';
import { tinyCausalModel } from '../tiny-causal-model.js';

const animals = ['lion', 'tiger', 'horse', 'sheep'];
const sounds = ['roars loudly', 'runs away', 'eats grass'];
const lesson = (animal: string, sound: string): TextLesson => ({
  prompt: `the ${animal}`,
  answer: ` ${sound}`,
});
/** Every answer as often as any other: what is likely is known to the teacher alone. */
const all = animals.flatMap((animal) => sounds.map((sound) => lesson(animal, sound)));
const texts = all.map(({ prompt, answer }) => prompt + answer);

const model = (tokenizer: Tokenizer, seed: number) =>
  tinyCausalModel(tokenizer, seed, { width: 32, heads: 4 });

/** Trained so that lions roar five times in seven. */
async function taughtTeacher(): Promise<CausalModel> {
  const teacher = model(trainByteBpe(texts, { vocabulary: 300 }), 1);
  const often = animals.flatMap((animal, i) =>
    sounds.flatMap((sound, j) => Array.from({ length: i % 3 === j ? 5 : 1 }, () => lesson(animal, sound))),
  );
  const rows = often.map((text) => [tokenize(teacher.tokenizer, text).lesson]);
  const batch = lessonBatch(rows, { length: 16, padding: 0 });
  type Batch = { readonly tokens: Value; readonly next: Value; readonly counted: Value };
  const trainer = causalTrainer<Batch>({
    model: teacher,
    objective: (logits, b) => supervised(logits, b),
    learningRate: 0.02,
    seed: 1,
    threads: 1,
  });
  const { segments: _, ...own } = batch;
  for (let i = 0; i < 60; i++) await trainer.learn(own as Concrete<Batch>);
  const taught = { ...teacher, params: await trainer.params() };
  await trainer.dispose();
  return taught;
}

const signal = new AbortController().signal;

/** Log-probabilities of the answers, ends included. */
async function answers(of: CausalModel): Promise<number[]> {
  const scored = await textScorer(of)(all, signal);
  return scored.map(({ ends, logProbabilities }, i) => {
    const start = Buffer.byteLength(all[i]!.prompt);
    return logProbabilities.reduce<number>((total, log, t) => (ends[t]! > start ? total + log! : total), 0);
  });
}
const distance = (a: readonly number[], b: readonly number[]) =>
  a.reduce((total, x, i) => total + Math.abs(x - b[i]!), 0) / a.length;

let teacher: CausalModel;
beforeAll(async () => {
  teacher = await taughtTeacher();
});

test('a student with another tokenizer comes to find likely what its teacher does', async () => {
  const student = model(trainByteBpe(['other words than those of the lion'], { vocabulary: 270 }), 2);
  expect(compareVocabularies(teacher, student)).toMatchObject({ kind: 'different' });
  const wanted = await answers(teacher);
  expect(Math.max(...wanted) - Math.min(...wanted)).toBeGreaterThan(1);
  const before = distance(await answers(student), wanted);
  const losses: number[] = [];
  const taught = await distilByText({
    teacher: textScorer(teacher),
    student,
    lessons: all,
    epochs: 80,
    temperature: 1,
    learningRate: 0.01,
    loraRank: 0,
    rowsABatch: 4,
    length: 96,
    seed: 3,
    signal,
    onStep: (_, loss) => losses.push(loss),
  });
  const found = await answers(taught);
  expect(losses.at(-1)).toBeLessThan(0.1 * losses[0]!);
  expect(distance(found, wanted)).toBeLessThan(0.05 * before);
  // All answers were shown alike, so that only the teacher can have said which of them are likely.
  for (const [i] of animals.entries()) {
    const own = found.slice(3 * i, 3 * i + 3);
    expect(own.indexOf(Math.max(...own))).toBe(i % 3);
  }
});

test('what the teacher says nothing of can not be learned', async () => {
  const silent = async () => all.map(() => ({ ends: [1, 2], logProbabilities: [undefined, undefined] }));
  const options = { epochs: 1, temperature: 1, learningRate: 0.01, loraRank: 0, rowsABatch: 4, length: 64 };
  const asked = distilByText({
    ...options,
    teacher: silent,
    student: teacher,
    lessons: all,
    seed: 1,
    signal,
  });
  await expect(asked).rejects.toThrow('the teacher says nothing');
});

test('a tokenizer that changes texts is told, with whose it is', async () => {
  const options = { epochs: 1, temperature: 1, learningRate: 0.01, loraRank: 0, rowsABatch: 4, length: 64 };
  const changing = model(trainWordPiece(texts, { vocabulary: 60 }), 4);
  const lessons = [{ prompt: 'The Lion', answer: ' roars' }];
  const taught = (by: CausalModel, student: CausalModel) =>
    distilByText({ ...options, teacher: textScorer(by), student, lessons, seed: 1, signal });
  await expect(taught(changing, teacher)).rejects.toThrow("the teacher's tokenizer changes texts");
  await expect(taught(teacher, changing)).rejects.toThrow("the student's tokenizer changes texts");
});
