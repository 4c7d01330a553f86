import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { checkSoftness, logAnchors, openContrastLog } from '../../src/teachers/contrast-log.js';
import type { Direction } from '../../src/teachers/ordered-candidates.js';
import { pairBatches } from '../../src/teachers/pair-batches.js';
import type { PairScorer } from '../../src/teachers/pair-scorer.js';
import { type Selector, selectedCandidates } from '../../src/teachers/selected-candidates.js';
import { userError } from '../tasks/folder.js';

const signal = new AbortController().signal;

describe('candidates', () => {
  // The teacher likes low places, the student high ones; candidate 5 answers both anchors, 4 is of its group for the first.
  const direction: Direction = {
    anchors: 2,
    candidates: 6,
    own: [5, 5],
    pairOf: (anchor, candidate) => [anchor, candidate],
    isWrong: (anchor, candidate) => candidate !== 5 && !(anchor === 0 && candidate === 4),
  };
  const student = Float32Array.from([0, 1, 2, 3, 4, 9, 0, 1, 2, 3, 4, 9]);
  let asked = 0;
  const teacher: PairScorer = {
    fingerprint: 'low',
    async score(pairs) {
      asked += pairs.length;
      return Float64Array.from(pairs, ([, candidate]) => -candidate);
    },
  };
  const chosen = async (selector: Selector, candidates = 2) => {
    asked = 0;
    return selectedCandidates(
      direction,
      student,
      teacher,
      { selector, candidates },
      { key: random.key(1), signal },
    );
  };

  test.each([
    ['teacher', [5, 0, 1], [5, 0, 1]],
    ['student', [5, 3, 2], [5, 4, 3]],
    ['mixed', [5, 0, 3], [5, 0, 4]],
  ] as const)('of the %s begin with the answer', async (selector, first, second) => {
    const { lists, teacher: scores } = await chosen(selector);
    expect(lists).toEqual([first, second]);
    expect(scores).toEqual(lists.map((list) => list.map((one) => -one)));
  });

  test('at random are wrong ones, the same for the same key', async () => {
    const { lists, scored } = await chosen('random');
    expect(lists[0]).not.toContain(4);
    expect(new Set(lists[0]).size).toBe(3);
    expect(await chosen('random')).toMatchObject({ lists });
    expect([scored, asked]).toEqual([6, 6]);
  });

  test('are as many as the anchor with the fewest has', async () => {
    expect((await chosen('teacher', 9)).lists.map((list) => list.length)).toEqual([5, 5]);
    const none = { ...direction, isWrong: () => false };
    const options = { selector: 'student', candidates: 2 } as const;
    const run = selectedCandidates(none, student, teacher, options, { key: random.key(1), signal });
    expect((await userError(run)).message).toBe('a batch without wrong candidates');
  });
});

describe('a teacher', () => {
  const seen = (teacherEntropy: number) => {
    const log = openContrastLog();
    const anchor = { weight: 1, lead: 0, teacherEntropy, studentEntropy: 0.5 };
    logAnchors(
      log,
      0,
      Array.from({ length: 200 }, (_, i) => ({ ...anchor, pair: [i, 0] as const })),
    );
    return log;
  };

  test('that is always sure is saturated, one that never is does not discriminate', () => {
    expect(() => checkSoftness(seen(0.001))).toThrow(/^teacher saturated: /);
    expect(() => checkSoftness(seen(0.999))).toThrow(/^teacher does not discriminate: /);
    expect(() => checkSoftness(seen(0.5))).not.toThrow();
  });
});

test('a batch has a hard wrong passage of each query beside the answers', () => {
  const texts = (name: string) => Array.from({ length: 40 }, (_, i) => `${name}${i}`);
  const lessons = {
    queries: texts('q'),
    passages: texts('p'),
    pairs: texts('q').map((_, i) => [i, i] as const),
    isWrong: (query: number, passage: number) => query !== passage,
  };
  const near = (query: number) => [(query + 1) % 40];
  const { queries, passages, forward } = pairBatches(
    { ...lessons, near },
    { batchSize: 8, pool: 0, seed: 1 },
  )(0);
  expect(passages).toHaveLength(16);
  for (const query of queries) {
    const place = Number(query.slice(1));
    expect(passages).toContain(`p${place}`);
    expect(passages).toContain(`p${(place + 1) % 40}`);
  }
  expect(forward.own.map((place) => passages[place]!.slice(1))).toEqual(
    queries.map((query) => query.slice(1)),
  );
});
