import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { marginBins } from '../../src/curricula/balanced-margins.js';
import { oneOf, uniformDraws } from '../../src/curricula/draws.js';
import { kMeans } from '../../src/curricula/k-means.js';
import { topicBatches } from '../../src/curricula/topic-batches.js';

const key = random.key(5);

describe('margin bins', () => {
  test('are of equal width, and empty ones are left out', () => {
    expect(marginBins([0, 0.1, 0.95, 1, 5, 10], 10)).toEqual([[0, 1, 2], [3], [4], [5]]);
  });

  test('equal margins are one bin', () => {
    expect(marginBins([2, 2, 2], 10)).toEqual([[0, 1, 2]]);
  });

  /** Pearson's statistic of counts that should be equal. */
  const chiSquare = (counts: readonly number[]) => {
    const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
    return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  };

  test('2,000 draws are uniform over non-empty bins, and are not without bins', () => {
    // 40 easy pairs, 6 of a middling margin, 2 hard ones.
    const margins = [...new Array<number>(40).fill(9.5), ...new Array<number>(6).fill(5), 0, 0.5];
    const bins = marginBins(margins, 10);
    const drawnFrom = (sorted: readonly (readonly number[])[]) => {
      const draw = uniformDraws(key);
      const counts = bins.map(() => 0);
      for (let i = 0; i < 2000; i++) {
        const pair = oneOf(oneOf(sorted, draw), draw);
        counts[bins.findIndex((bin) => bin.includes(pair))]!++;
      }
      return counts;
    };
    expect(bins).toHaveLength(3);
    // 9.21 is the 99 % quantile for two degrees of freedom.
    expect(chiSquare(drawnFrom(bins))).toBeLessThan(9.21);
    expect(chiSquare(drawnFrom(marginBins(margins, 1)))).toBeGreaterThan(1000);
  });
});

describe('topic batches', () => {
  const topics = [
    Array.from({ length: 60 }, (_, i) => i),
    Array.from({ length: 20 }, (_, i) => 60 + i),
    [80, 81, 82],
  ];
  const topicOf = (member: number) => topics.findIndex((topic) => topic.includes(member));
  const batches = (options: { topicsPerBatch: number; draw: 'proportional' | 'uniform' }, count: number) => {
    const next = topicBatches({ topics, batchSize: 16, ...options });
    return Array.from({ length: count }, (_, i) => next(random.foldIn(key, i)));
  };

  test('are full, without repetition, and the same for the same key', () => {
    const drawn = batches({ topicsPerBatch: 1, draw: 'proportional' }, 50);
    for (const batch of drawn) expect(new Set(batch).size).toBe(16);
    expect(batches({ topicsPerBatch: 1, draw: 'proportional' }, 50)).toEqual(drawn);
  });

  test('are of one topic, or of as many as asked for', () => {
    const largest = (batch: readonly number[]) =>
      Math.max(...topics.map((_, topic) => batch.filter((member) => topicOf(member) === topic).length));
    const one = batches({ topicsPerBatch: 1, draw: 'proportional' }, 50);
    expect(one.filter((batch) => largest(batch) === 16).length).toBeGreaterThan(40);
    const four = batches({ topicsPerBatch: 16, draw: 'proportional' }, 50);
    expect(four.filter((batch) => largest(batch) === 16).length).toBeLessThan(5);
  });

  test('drawn in proportion, members of large topics come as often as others; drawn uniformly, hardly', () => {
    const rate = (draw: 'proportional' | 'uniform') => {
      const members = batches({ topicsPerBatch: 1, draw }, 2000).flat();
      return (
        members.filter((member) => member < 60).length /
        60 /
        (members.filter((member) => member >= 80).length / 3)
      );
    };
    expect(rate('proportional')).toBeGreaterThan(4 * rate('uniform'));
  });

  test('hold all members where there are fewer than a batch', () => {
    const next = topicBatches({ topics: [[1], [2, 3]], batchSize: 16, topicsPerBatch: 1, draw: 'uniform' });
    expect(next(key).sort()).toEqual([1, 2, 3]);
  });
});

test('k-means finds clusters that lie apart, and gives every vector one', async () => {
  const centres = [
    [0, 0],
    [10, 0],
    [0, 10],
  ];
  const noise = new Float32Array(120);
  random.fillNormal(noise, key);
  const data = noise.map((x, i) => centres[Math.floor(i / 2) % 3]![i % 2]! + 0.3 * x);
  const clusters = await kMeans({ data, width: 2 }, 3, random.key(1));
  expect(clusters.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i));
  for (const cluster of clusters) expect(cluster.length).toBeGreaterThan(0);
  const pure = clusters.filter((cluster) => new Set(cluster.map((row) => row % 3)).size === 1);
  expect(pure).toHaveLength(clusters.length);
});
