import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { alignCausal, type CausalAlignment } from '../../src/students/causal-alignment.js';
import { dpoCausal, pairAccuracy, pairLogs } from '../../src/students/causal-preferences.js';
import type { LessonPair } from '../../src/students/pair-passes.js';
import { tinyCausalModel } from '../tiny-causal-model.js';

const words = Array.from({ length: 40 }, (_, i) => `w${i}`);
const tokenizer = trainWordLevel(words, { vocabulary: 48 });
const model = tinyCausalModel(tokenizer, 1);
const { signal } = new AbortController();

const dice = random.stream(random.key(2));
const drawn = (from: readonly string[]) =>
  Array.from({ length: 2 + dice.integer(6) }, () => tokenizer.encodePlain(dice.pick(from))[0]!);
const pairs: LessonPair[] = Array.from({ length: 48 }, () => {
  const prompt = drawn(words);
  return {
    chosen: { prompt, answer: drawn(words.slice(0, 20)) },
    rejected: { prompt, answer: drawn(words.slice(20)) },
  };
});

async function aligned(changes: Partial<CausalAlignment>) {
  const losses: number[] = [];
  const taught = await alignCausal({
    model,
    pairs,
    kind: 'dpo',
    beta: 0.1,
    passes: 2,
    batchSize: 12,
    learningRate: 0.01,
    loraRank: 0,
    seed: 1,
    signal,
    onStep: (_step, _of, loss) => losses.push(loss),
    ...changes,
  });
  return { taught, losses };
}

test.each([
  ['dpo', Math.LN2],
  ['ipo', 25],
  ['kto', 0.5],
] as const)('%s begins at %d, and comes to prefer what is better', async (kind, start) => {
  const { taught, losses } = await aligned({ kind });
  expect(losses).toHaveLength(8);
  expect(losses[0]).toBeCloseTo(start, 3);
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  const logs = [await pairLogs(taught, pairs, { signal }), await pairLogs(model, pairs, { signal })] as const;
  expect(pairAccuracy(...logs)).toBeGreaterThan(0.9);
});

test('low-rank changes, and a last update of fewer pairs', async () => {
  const { losses } = await aligned({ loraRank: 4, batchSize: 20, kind: 'kto' });
  expect(losses).toHaveLength(6);
  expect(losses[0]).toBeCloseTo(0.5, 3);
});

test('one update of DPO is the same as in one pass over pairs in their order', async () => {
  const all = { batchSize: pairs.length, passes: 1, learningRate: 0.01 };
  const { taught } = await aligned(all);
  const other = await dpoCausal({
    ...all,
    model,
    pairs,
    reference: await pairLogs(model, pairs, { signal }),
    beta: 0.1,
    loraRank: 0,
    seed: 1,
    signal,
  });
  const [a, b] = [await pairLogs(taught, pairs, { signal }), await pairLogs(other, pairs, { signal })];
  a.forEach(({ chosen }, i) => {
    expect(chosen).toBeCloseTo(b[i]!.chosen, 2);
  });
});

test('ends after a pass when told so', async () => {
  const passes: number[] = [];
  const { losses } = await aligned({
    onPass: async (pass) => {
      passes.push(pass);
      return false;
    },
  });
  expect(passes).toEqual([1]);
  expect(losses).toHaveLength(4);
});
