import { jit, random, type Tensor, tensor, toNumbers, type Value } from '@tutelage/engine';
import { expect, test } from 'vitest';
import {
  type Lesson,
  type LessonBatch,
  lessonBatch,
  packLessons,
  positionsOf,
} from '../../src/language/lessons.js';
import { initLlama, type Llama, llama } from '../../src/models/llama.js';
import { supervised, tokenLogProbabilities } from '../../src/objectives/tokens.js';

const lesson = (prompt: number, answer: number, first = 1): Lesson => ({
  prompt: Array.from({ length: prompt }, (_, i) => first + i),
  answer: Array.from({ length: answer }, (_, i) => first + prompt + i),
});

test('lessons stay whole, and each is in one row', () => {
  const dice = random.stream(random.key(1));
  const lessons = Array.from({ length: 300 }, () => lesson(1 + dice.integer(20), 1 + dice.integer(20)));
  const rows = packLessons(lessons, 64);
  expect(rows.flat().sort((a, b) => a - b)).toEqual(lessons.map((_, i) => i));
  const used = rows.map((row) => row.reduce((sum, i) => sum + positionsOf(lessons[i]!), 0));
  expect(Math.max(...used)).toBeLessThanOrEqual(64);
  const total = used.reduce((a, b) => a + b);
  expect(total / (64 * rows.length)).toBeGreaterThan(0.93);
});

test('what can not be packed is told', () => {
  expect(() => packLessons([lesson(3, 2), lesson(40, 30)], 64)).toThrow(
    'a lesson is too long: number 2: 69 tokens',
  );
  expect(() => packLessons([lesson(3, 0)], 64)).toThrow('without an answer: number 1');
});

test('answers are learned, prompts and padding are not', () => {
  const batch = lessonBatch([[lesson(2, 2), lesson(1, 1, 7)]], { length: 6, padding: 0 });
  expect(toNumbers(batch.tokens)).toEqual([1, 2, 3, 7, 0, 0]);
  expect(toNumbers(batch.next)).toEqual([2, 3, 4, 8, 0, 0]);
  expect(toNumbers(batch.counted)).toEqual([0, 1, 1, 1, 0, 0]);
  expect(toNumbers(batch.segments)).toEqual([1, 1, 1, 2, 0, 0]);
});

test('answers can weigh the same whatever their length', async () => {
  const [short, long] = [lesson(2, 1), lesson(1, 4, 10)];
  const logits = random.foldIn(random.key(1), 'logits');
  const loss = jit((x: Value, b: LessonBatch<Value>) => supervised(x, b), { threads: 1 });
  const lossOf = async (rows: Lesson[][], equal: 'tokens' | 'answers', row: number) => {
    const all = new Float32Array(8 * 20);
    random.fillNormal(all, logits);
    const own = rows.length === 2 ? all : all.slice(row * 80, (row + 1) * 80);
    const batch = lessonBatch(rows, { length: 4, padding: 0, equal });
    return Number((await loss(tensor(own, [rows.length, 4, 20]), batch)).data[0]);
  };
  const [first, second] = [await lossOf([[short]], 'tokens', 0), await lossOf([[long]], 'tokens', 1)];
  expect(await lossOf([[short], [long]], 'answers', 0)).toBeCloseTo((first + second) / 2, 5);
  expect(await lossOf([[short], [long]], 'tokens', 0)).toBeCloseTo((first + 4 * second) / 5, 5);
  await loss.dispose();
});

test('a packed lesson is predicted as if it stood alone', async () => {
  const config = {
    vocabulary: 50,
    width: 16,
    layers: 2,
    heads: 2,
    keyValueHeads: 1,
    intermediate: 24,
    rmsNormEpsilon: 1e-5,
    ropeTheta: 1e4,
  };
  const params = initLlama(random.key(2), config);
  const predict = jit(
    (p: Llama<Value>, b: { tokens: Value; next: Value; segments: Value }) =>
      tokenLogProbabilities(llama(p, config, b.tokens, b.segments), b.next),
    { threads: 1 },
  );
  const [first, second] = [lesson(4, 3), lesson(3, 4, 20)];
  const logs = async (rows: Lesson[][]) => {
    const { counted: _, ...batch } = lessonBatch(rows, { length: 14, padding: 0 });
    return toNumbers((await predict(params, batch)) as Tensor);
  };
  const packed = await logs([[first, second]]);
  const alone = await logs([[second]]);
  expect(packed.slice(6, 12).map((x) => x.toFixed(4))).toEqual(alone.slice(0, 6).map((x) => x.toFixed(4)));
  await predict.dispose();
});
