import { expect, it } from 'vitest';
import { findDuplicates, normaliseText } from '../../src/tasks/duplicates.js';

it('sees through case, white space and compatibility forms', () => {
  expect(normaliseText('  Ｈello\t\nWORLD\u00a0 ')).toBe('hello world');
  expect(normaliseText('e\u0301')).toBe(normaliseText('é'));
  expect(normaliseText('a b')).not.toBe(normaliseText('ab'));
});

it('reports duplicates across and within splits, and conflicts', () => {
  // Texts: A A B A C B; the second A has another label.
  const firsts = Int32Array.of(0, 0, 2, 0, 4, 2);
  const labels = Int32Array.of(0, 1, 0, 0, 1, 0);
  const splits = Uint8Array.of(0, 0, 1, 2, 0, 2);
  const report = findDuplicates(firsts, labels, splits, (i) => `row ${i}`);
  expect(Object.fromEntries(report.acrossSplits)).toEqual({
    'train/test': { count: 1, pairs: [{ first: 'row 0', repeated: 'row 3' }] },
    'validation/test': { count: 1, pairs: [{ first: 'row 2', repeated: 'row 5' }] },
  });
  expect(Object.fromEntries(report.withinSplits)).toEqual({
    train: { count: 1, pairs: [{ first: 'row 0', repeated: 'row 1' }] },
  });
  expect(report.conflictingLabels).toEqual({ count: 1, pairs: [{ first: 'row 0', repeated: 'row 1' }] });
});

it('reports nothing where nothing repeats', () => {
  const report = findDuplicates(Int32Array.of(0, 1), Int32Array.of(0, 0), Uint8Array.of(0, 2), String);
  expect(report.acrossSplits.size + report.withinSplits.size + report.conflictingLabels.count).toBe(0);
});
