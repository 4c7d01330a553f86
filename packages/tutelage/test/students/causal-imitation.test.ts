import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import type { Lesson } from '../../src/language/lessons.js';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { type CausalImitation, imitateCausal } from '../../src/students/causal-imitation.js';
import { lessonLogs } from '../../src/students/lesson-logs.js';
import { tinyCausalModel } from '../tiny-causal-model.js';

const words = Array.from({ length: 40 }, (_, i) => `w${i}`);
const tokenizer = trainWordLevel(words, { vocabulary: 48 });
const [teacher, student] = [tinyCausalModel(tokenizer, 1), tinyCausalModel(tokenizer, 2)];
const { signal } = new AbortController();
const dice = random.stream(random.key(3));
const drawn = () => Array.from({ length: 2 + dice.integer(6) }, () => 5 + dice.integer(40));
const lessons: Lesson[] = Array.from({ length: 40 }, () => ({ prompt: drawn(), answer: drawn() }));

async function imitated(changes: Partial<CausalImitation>) {
  const losses: number[] = [];
  const taught = await imitateCausal({
    teacher,
    student,
    lessons,
    divergence: { kind: 'forward' },
    temperature: 1,
    weight: 1,
    noise: 0,
    ownShare: 0,
    passes: 3,
    batchSize: 4,
    learningRate: 0.01,
    loraRank: 0,
    answerTokens: 8,
    seed: 1,
    signal,
    onStep: (_, __, loss) => losses.push(loss),
    ...changes,
  });
  return { taught, losses };
}

test.each(['forward', 'reverse'] as const)(
  'a teacher that is the student has nothing to teach: %s',
  async (kind) => {
    const { losses } = await imitated({ student: teacher, divergence: { kind }, passes: 1 });
    expect(losses[0]).toBeCloseTo(0, 5);
  },
);

test('the student comes nearer to its teacher, also on its own answers and by low-rank changes', async () => {
  for (const changes of [
    {},
    { temperature: 2 },
    { ownShare: 0.5, divergence: { kind: 'jensen-shannon', weight: 0.5 } as const },
    { loraRank: 8, passes: 6 },
  ]) {
    const { losses } = await imitated(changes);
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!);
  }
});

test('what the weight leaves is the likelihood of the answers', async () => {
  const few = lessons.slice(0, 4);
  const logs = await lessonLogs(student, few, { signal });
  const tokens = few.reduce((sum, { answer }) => sum + answer.length, 0);
  const likelihood = -logs.reduce((sum: number, log) => sum + log!, 0) / tokens;
  const once = { lessons: few, passes: 1 };
  const [all, none] = [await imitated(once), await imitated({ ...once, weight: 1e-9 })];
  const half = await imitated({ ...once, weight: 0.5 });
  expect(none.losses[0]).toBeCloseTo(likelihood, 3);
  expect(half.losses[0]).toBeCloseTo((all.losses[0]! + likelihood) / 2, 3);
});

test('noise on the logits makes the teacher strange', async () => {
  const [clear, noisy] = [await imitated({ passes: 1 }), await imitated({ passes: 1, noise: 5 })];
  expect(noisy.losses[0]).toBeGreaterThan(clear.losses[0]! + 1);
  expect((await imitated({ passes: 1, noise: 5 })).losses).toEqual(noisy.losses);
});
