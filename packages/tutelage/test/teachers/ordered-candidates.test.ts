import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { chosenCandidates, orderedBy } from '../../src/curricula/ranked-candidates.js';
import { checkedScorer } from '../../src/teachers/checked-scorer.js';
import { keptScores } from '../../src/teachers/kept-scores.js';
import {
  checkDiscrimination,
  type Direction,
  type OrderingOptions,
  orderedCandidates,
} from '../../src/teachers/ordered-candidates.js';
import { type PairScorer, scaledScorer } from '../../src/teachers/pair-scorer.js';
import { testFolder, userError } from '../tasks/folder.js';

const signal = new AbortController().signal;

describe('candidates', () => {
  const scores = [0.9, 0.1, 0.8, 0.5, 0.4, 0.7];
  const isWrong = (candidate: number) => candidate !== 2;

  test('are the head, the middle or all of the student’s list, never a right answer', () => {
    expect(chosenCandidates(scores, isWrong, 'hard', 2)).toEqual([0, 5]);
    expect(chosenCandidates(scores, isWrong, 'easy', 1)).toEqual([3]);
    expect(chosenCandidates(scores, isWrong, 'all', 2)).toEqual([0, 5, 3, 4, 1]);
  });

  test('with equal teacher scores stay in the student’s order', () => {
    expect(orderedBy([7, 3, 5, 1], [1, 2, 1, 2])).toEqual({ candidates: [3, 1, 7, 5], scores: [2, 2, 1, 1] });
  });
});

describe('a teacher’s order', () => {
  const direction: Direction = {
    anchors: 2,
    candidates: 4,
    own: [0, 1],
    pairOf: (anchor, candidate) => [anchor, candidate],
    isWrong: (anchor, candidate) => candidate !== anchor,
  };
  const student = Float32Array.of(0.9, 0.8, 0.1, 0.5, 0.3, 0.9, 0.7, 0.2);
  const teacher: PairScorer = {
    fingerprint: 'toy',
    score: async (pairs) => Float64Array.from(pairs, ([query, passage]) => [3, -1, 2, 0.5][passage]! + query),
  };
  const options: OrderingOptions = {
    negatives: 'hard',
    candidates: 3,
    order: 'teacher',
    valid: 'rank',
    validAt: 0,
  };
  const order = (own: Partial<OrderingOptions>, by = teacher) => {
    const tally = { scored: 0, lists: 0, constant: 0, ties: 0 };
    const context = { key: random.key(0), signal, tally };
    return orderedCandidates(direction, student, by, { ...options, ...own }, context).then((found) => ({
      ...found,
      tally,
    }));
  };

  test('sorts wrong candidates, all but the last of which lead others', async () => {
    const { lists, valid, tally } = await order({});
    expect(lists).toEqual([
      [2, 3, 1],
      [0, 2, 3],
    ]);
    expect(valid).toEqual([2, 2]);
    expect(tally).toEqual({ scored: 6, lists: 2, constant: 0, ties: 0 });
  });

  test('is the same under any increasing transform', async () => {
    const warped: PairScorer = {
      ...teacher,
      score: async (pairs, stop) => (await teacher.score(pairs, stop)).map((score) => Math.exp(3 * score)),
    };
    expect(await order({}, warped)).toEqual(await order({}));
    expect(await order({}, scaledScorer(teacher, 3))).toEqual(await order({}));
  });

  test('counts candidates above a score, or near the answer’s, as valid', async () => {
    expect((await order({ valid: 'threshold', validAt: 1 })).valid).toEqual([1, 2]);
    expect((await order({ valid: 'gap', validAt: 1.5 })).valid).toEqual([1, 2]);
  });

  test('shuffled asks no teacher', async () => {
    const { lists, tally } = await order({ order: 'shuffled' });
    expect(lists.map((list) => [...list].sort())).toEqual([
      [1, 2, 3],
      [0, 2, 3],
    ]);
    expect(tally.scored).toBe(0);
  });

  test('that is none is told', async () => {
    const flat: PairScorer = { fingerprint: 'flat', score: async (pairs) => new Float64Array(pairs.length) };
    const { tally } = await order({}, flat);
    expect(tally).toMatchObject({ constant: 2, ties: 4 });
    expect(() => checkDiscrimination({ ...tally, lists: 400, constant: 300 })).toThrow(
      'the teacher does not discriminate on 75.0\u00a0% of the anchors',
    );
    expect(() => checkDiscrimination({ ...tally, lists: 400, constant: 200 })).not.toThrow();
  });
});

describe('a checked scorer', () => {
  test('asks for each pair once', async () => {
    const asked: string[] = [];
    const scorer = checkedScorer({
      fingerprint: '',
      score: async (pairs) => {
        asked.push(pairs.map((pair) => pair.join('-')).join());
        return Float64Array.from(pairs, ([query, passage]) => 10 * query + passage);
      },
    });
    await scorer.score(
      [
        [1, 2],
        [1, 2],
        [0, 3],
      ],
      signal,
    );
    expect(
      await scorer.score(
        [
          [0, 3],
          [2, 2],
          [1, 2],
        ],
        signal,
      ),
    ).toEqual(Float64Array.of(3, 22, 12));
    expect(asked).toEqual(['1-2,0-3', '2-2']);
    expect(scorer.asked).toBe(3);
  });

  test.each([
    [[Number.NaN], "the teacher's score is not finite: NaN, query 2, passage 3"],
    [[1, 2], 'the teacher gave 2 scores for 1 pairs'],
  ])('refuses %j', async (scores, message) => {
    const scorer = checkedScorer({ fingerprint: '', score: async () => Float64Array.from(scores) });
    expect((await userError(scorer.score([[1, 2]], signal))).message).toBe(message);
  });
});

describe('kept scores', () => {
  const folder = testFolder();

  test('are not asked for again by another process, unless teacher or data are others', async () => {
    const asked: number[] = [];
    const teacher: PairScorer = {
      fingerprint: 'dear',
      score: async (pairs) => {
        asked.push(pairs.length);
        return Float64Array.from(pairs, ([query, passage]) => query + passage / 3);
      },
    };
    const path = join(folder.path, 'scores');
    const some = [
      [0, 1],
      [2, 5],
    ] as const;
    const first = await keptScores(teacher, path, 'data').score(some, signal);
    writeFileSync(path, `${readFileSync(path, 'utf8')}7\t7`);
    const again = keptScores(teacher, path, 'data');
    expect(await again.score([...some, [7, 7]], signal)).toEqual(Float64Array.of(...first, 7 + 7 / 3));
    expect(asked).toEqual([2, 1]);
    await keptScores(teacher, path, 'other data').score(some, signal);
    expect(asked).toEqual([2, 1, 2]);
  });
});
