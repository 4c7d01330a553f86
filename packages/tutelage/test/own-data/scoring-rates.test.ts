import { expect, test } from 'vitest';
import { studentRate, timedScorer } from '../../src/own-data/scoring-rates.js';
import { readOwnRetrieval } from '../../src/tasks/own-retrieval.js';
import { checkedScorer } from '../../src/teachers/checked-scorer.js';
import { testFolder, userError } from '../tasks/folder.js';

const signal = new AbortController().signal;
const folder = testFolder();

test('a teacher is asked no more than its budget', async () => {
  const scorer = checkedScorer({ fingerprint: '', score: async (pairs) => new Float64Array(pairs.length) });
  const timed = timedScorer(scorer, 2);
  const pairs = [[0, 0] as const, [0, 1] as const];
  await timed.score(pairs, signal);
  await timed.score(pairs, signal);
  expect(timed.asked).toBe(2);
  expect((await userError(timed.score([[0, 2]], signal))).message).toBe(
    "the teacher's budget is used up: 3 pairs of 2",
  );
});

test('a teacher takes time where it is asked anew alone', async () => {
  const waits = () => new Promise((done) => setTimeout(done, 30));
  const scorer = checkedScorer({
    fingerprint: '',
    async score(pairs) {
      await waits();
      return new Float64Array(pairs.length);
    },
  });
  const timed = timedScorer(scorer, 0);
  await timed.score([[0, 0]], signal);
  const { seconds } = timed;
  expect(seconds).toBeGreaterThan(0.02);
  await timed.score([[0, 0]], signal);
  expect(timed.seconds).toBe(seconds);
});

test('a student scores one query with all passages, both encoded, after a first time that does not count', async () => {
  const rows = Array.from({ length: 12 }, (_, i) => `left ${i},right ${i}`);
  const own = await readOwnRetrieval(folder.write('pairs.csv', `left,right\n${rows.join('\n')}\n`));
  const asked: number[] = [];
  const rate = await studentRate(own, async (_, texts) => {
    asked.push(texts.length);
    return { data: new Float32Array(texts.length), width: 1 };
  });
  expect(asked).toEqual([1, 12, 1, 12]);
  expect(rate).toBeGreaterThan(0);
});
