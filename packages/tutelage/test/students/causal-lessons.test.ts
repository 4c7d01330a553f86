import { expect, test } from 'vitest';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { teachLessons } from '../../src/students/causal-lessons.js';
import { lessonLogs } from '../../src/students/lesson-logs.js';
import { tinyCausalModel } from '../tiny-causal-model.js';

const words = Array.from({ length: 40 }, (_, i) => `w${i}`);
const tokenizer = trainWordLevel(words, { vocabulary: 48 });
const model = tinyCausalModel(tokenizer, 1);
const session = { signal: new AbortController().signal, threads: 1 };
/** Each word is answered by the next three. */
const lessons = words.map((word, i) => ({
  prompt: tokenizer.encodePlain(word),
  answer: [1, 2, 3].flatMap((step) => tokenizer.encodePlain(words[(i + step) % 40]!)),
}));
const repeated = (times: number) => Array.from({ length: times }, () => lessons).flat();

const nats = (logs: readonly (number | undefined)[]) =>
  -logs.reduce<number>((sum, log) => sum + log!, 0) / (3 * logs.length);

test.each([0, 4])('answers are learned by changes of rank %i (0 for all weights)', async (loraRank) => {
  const losses: number[] = [];
  const taught = await teachLessons({
    model,
    lessons: repeated(20),
    learningRate: 0.03,
    batchSize: 40,
    loraRank,
    seed: 1,
    ...session,
    onStep: (_, __, loss) => losses.push(loss),
  });
  const [before, after] = [
    await lessonLogs(model, lessons, session),
    await lessonLogs(taught, lessons, session),
  ];
  expect(losses).toHaveLength(20);
  expect(losses[0]).toBeCloseTo(nats(before), 4);
  expect(nats(after)).toBeLessThan(0.97 * nats(before));
});

test('an update of several passes is the mean over its tokens', async () => {
  // 240 lessons of 3 positions are more than a pass holds.
  const losses: number[] = [];
  const all = repeated(6);
  const onStep = (_: number, __: number, loss: number) => losses.push(loss);
  await teachLessons({
    model,
    lessons: all,
    learningRate: 1e-6,
    batchSize: 240,
    loraRank: 0,
    seed: 1,
    ...session,
    onStep,
  });
  expect(losses).toEqual([expect.closeTo(nats(await lessonLogs(model, lessons, session)), 4)]);
});

test('a lesson that comes again has the same log-probability', async () => {
  const logs = await lessonLogs(model, repeated(2), session);
  expect(logs.slice(0, 40)).toEqual(logs.slice(40));
  expect(await lessonLogs(model, lessons.slice(0, 1), { ...session, signal: AbortSignal.abort() })).toEqual([
    undefined,
  ]);
});
