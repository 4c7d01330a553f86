import { type Concrete, optim, random, slice, tensor, type Value } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { type Lesson, type LessonBatch, lessonBatch } from '../../src/language/lessons.js';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { dpo, preferenceMargins } from '../../src/objectives/preference.js';
import { sequenceLogProbabilities, tokenLogProbabilities } from '../../src/objectives/tokens.js';
import { dpoCausal, type PairLogs, pairAccuracy, pairLogs } from '../../src/students/causal-preferences.js';
import { causalTrainer } from '../../src/students/causal-trainer.js';
import type { LessonPair } from '../../src/students/pair-passes.js';
import { tinyCausalModel } from '../tiny-causal-model.js';

const words = Array.from({ length: 40 }, (_, i) => `w${i}`);
const tokenizer = trainWordLevel(words, { vocabulary: 48 });
const model = tinyCausalModel(tokenizer, 1);
const session = { signal: new AbortController().signal, threads: 1 };

const dice = random.stream(random.key(2));
const drawn = (from: readonly string[]) =>
  Array.from({ length: 4 + dice.integer(8) }, () => tokenizer.encodePlain(dice.pick(from))[0]!);
/** Better answers are made of other words than worse ones. */
const pairs: LessonPair[] = Array.from({ length: 96 }, () => {
  const prompt = drawn(words);
  return {
    chosen: { prompt, answer: drawn(words.slice(0, 20)) },
    rejected: { prompt, answer: drawn(words.slice(20)) },
  };
});

const padded = (lessons: readonly Lesson[]) =>
  lessonBatch(
    lessons.map((lesson) => [lesson]),
    { length: 64, padding: 0 },
  );

/** The same with one answer a row and all rows at once. */
async function plainly(reference: readonly PairLogs[], batchSize: number, learningRate: number) {
  type Batch = LessonBatch<Value> & { readonly reference: Value };
  const halves = (rows: Value) => ({
    chosen: slice(rows, { axis: 0, end: rows.dim(0) / 2 }),
    rejected: slice(rows, { axis: 0, start: rows.dim(0) / 2 }),
  });
  const total = pairs.length / batchSize;
  const trainer = causalTrainer<Batch>({
    model,
    objective(logits, batch) {
      const logs = sequenceLogProbabilities(tokenLogProbabilities(logits, batch.next), batch.counted);
      return dpo(preferenceMargins(halves(logs), halves(batch.reference)), { beta: 0.3 });
    },
    learningRate,
    schedule: optim.linear({ total, warmup: Math.ceil(total / 10) }),
    clipNorm: 1,
    seed: 1,
    threads: 1,
  });
  const losses: number[] = [];
  for (let step = 0; step < total; step++) {
    const [own, logs] = [pairs, reference].map((all) =>
      all.slice(step * batchSize, (step + 1) * batchSize),
    ) as [LessonPair[], PairLogs[]];
    const known = Float32Array.from([...logs.map((l) => l.chosen), ...logs.map((l) => l.rejected)]);
    const batch = {
      ...padded([...own.map((pair) => pair.chosen), ...own.map((pair) => pair.rejected)]),
      reference: tensor(known),
    };
    losses.push((await trainer.learn(batch as Concrete<Batch>)).loss);
  }
  await trainer.dispose();
  return losses;
}

test('updates are those of all pairs at once, however they are laid out', async () => {
  const reference = pairs.map(() => ({ chosen: dice.uniform() - 40, rejected: dice.uniform() - 40 }));
  const losses: number[] = [];
  await dpoCausal({
    model,
    pairs,
    reference,
    beta: 0.3,
    learningRate: 0.01,
    batchSize: 48,
    loraRank: 0,
    seed: 1,
    ...session,
    onStep: (_, __, loss) => losses.push(loss),
  });
  const plain = await plainly(reference, 48, 0.01);
  expect(losses).toEqual(plain.map((loss) => expect.closeTo(loss, 4)));
});

test.each([0, 4])(
  'better answers come to be likelier, by changes of rank %i (0 for all weights)',
  async (loraRank) => {
    const before = await pairLogs(model, pairs, session);
    expect(before.every(({ chosen, rejected }) => chosen < 0 && rejected < 0)).toBe(true);
    const tuned = await dpoCausal({
      model,
      pairs: [...pairs, ...pairs, ...pairs],
      reference: [...before, ...before, ...before],
      beta: 0.3,
      learningRate: 0.03,
      batchSize: 8,
      loraRank,
      seed: 1,
      ...session,
    });
    const after = await pairLogs(tuned, pairs, session);
    expect(pairAccuracy(before, before)).toBe(0);
    expect(pairAccuracy(after, before)).toBeGreaterThan(0.85);
    expect(pairAccuracy(after)).toBeGreaterThan(pairAccuracy(before));
  },
);

test('work that is ended gives what is known', async () => {
  expect(await pairLogs(model, pairs, { signal: AbortSignal.abort(), threads: 1 })).toEqual([]);
  expect(await pairLogs(model, [], session)).toEqual([]);
});
