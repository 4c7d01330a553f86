import { describe, expect, it } from 'vitest';
import { TextIndex } from '../../src/tasks/hash.js';
import {
  checkedShares,
  completeSplits,
  countLabels,
  splitNamed,
  stratifiedSplit,
} from '../../src/tasks/splits.js';

const shares = { validation: 0.1, test: 0.2 };

function dataset(sizes: readonly number[]): { ranks(seed: number): Float64Array; labels: Int32Array } {
  const index = new TextIndex();
  const labels: number[] = [];
  for (const [label, size] of sizes.entries()) {
    for (let i = 0; i < size; i++) {
      index.add(`text ${i} of ${label}`);
      labels.push(label);
    }
  }
  return { ranks: (seed) => index.ranks(seed), labels: Int32Array.from(labels) };
}

describe('stratifiedSplit', () => {
  it('gives each label its share to one example, and the whole its share', () => {
    const sizes = [103, 57, 4, 4, 4, 4, 4, 1000, 33];
    const { ranks, labels } = dataset(sizes);
    const counts = countLabels(labels, stratifiedSplit(ranks(1), labels, sizes.length, shares), sizes.length);
    for (const [label, size] of sizes.entries()) {
      expect(Math.abs(counts[2]![label]! - size * 0.2)).toBeLessThan(1);
      expect(Math.abs(counts[1]![label]! - size * 0.1)).toBeLessThan(1);
    }
    const total = labels.length;
    expect(Math.abs(counts[2]!.reduce((a, b) => a + b) - total * 0.2)).toBeLessThanOrEqual(1);
    expect(Math.abs(counts[1]!.reduce((a, b) => a + b) - total * 0.1)).toBeLessThanOrEqual(1);
  });

  it('depends on the seed and on nothing else', () => {
    const { ranks, labels } = dataset([200, 200]);
    const split = (seed: number) => stratifiedSplit(ranks(seed), labels, 2, shares);
    expect(split(1)).toEqual(split(1));
    const differing = split(1).filter((s, i) => s !== split(2)[i]).length;
    expect(differing).toBeGreaterThan(80);
    const reversed = stratifiedSplit(ranks(1).reverse(), labels.toReversed(), 2, shares).reverse();
    expect(reversed).toEqual(split(1));
  });

  it('moves few examples when others join', () => {
    const index = new TextIndex();
    for (let i = 0; i < 11_000; i++) index.add(`text ${i}`);
    const ranks = index.ranks(3);
    const before = stratifiedSplit(ranks.slice(0, 10_000), new Int32Array(10_000), 1, shares);
    const after = stratifiedSplit(ranks, new Int32Array(11_000), 1, shares);
    const moved = before.filter((s, i) => s !== after[i]).length;
    // The border moves by chance: sqrt(1000 * 0.2 * 0.8) = 13 examples is one standard deviation.
    expect(moved).toBeLessThan(80);
  });

  it('keeps equal texts of a label together, and one example of each label for training', () => {
    const same = new Float64Array(10).fill(0.5);
    expect(new Set(stratifiedSplit(same, new Int32Array(10), 1, shares)).size).toBe(1);
    const { ranks, labels } = dataset([1, 1, 1, 2, 2, 1]);
    const counts = countLabels(
      labels,
      stratifiedSplit(ranks(0), labels, 6, { validation: 0.4, test: 0.5 }),
      6,
    );
    expect(counts[0]!.every((count) => count >= 1)).toBe(true);
  });
});

describe('completeSplits', () => {
  const { ranks, labels } = dataset([50, 50]);

  it('leaves given splits alone and takes missing ones from training', () => {
    const given = Int32Array.from(labels, (_, i) => (i % 5 === 0 ? 2 : 0));
    const splits = completeSplits(given, ranks(0), labels, 2, shares);
    expect([...splits.keys()].filter((i) => splits[i] === 2)).toEqual(
      [...given.keys()].filter((i) => i % 5 === 0),
    );
    expect(splits.filter((s) => s === 1)).toHaveLength(8);
  });

  it('takes nothing when all are given', () => {
    const given = Int32Array.from(labels, (_, i) => i % 3);
    expect([...completeSplits(given, ranks(0), labels, 2, shares)]).toEqual([...given]);
  });
});

it('knows the names of splits', () => {
  expect(['Train', ' dev ', 'val', 'TEST', 'eval', 'other'].map(splitNamed)).toEqual([
    ...['train', 'validation', 'validation', 'test', 'test', undefined],
  ]);
});

it('refuses impossible shares', () => {
  expect(() => checkedShares({ validation: 0.5, test: 0.5 })).toThrow('impossible shares');
  expect(() => checkedShares({ validation: -0.1, test: 0 })).toThrow('impossible shares');
  expect(() => checkedShares({ validation: Number.NaN, test: 0 })).toThrow('impossible shares');
});
