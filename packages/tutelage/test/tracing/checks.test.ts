import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import type { Interactions } from '../../src/tasks/interactions/index.js';
import { randomAnswers } from '../../src/tasks/simulated-learners.js';
import { driftOf, leaksOf } from '../../src/tracing/checks.js';
import { recommend } from '../../src/tracing/recommend.js';
import { foldsOf, splitLearners } from '../../src/tracing/splits.js';
import { windowsOf } from '../../src/tracing/windows.js';
import { range } from './support.js';

const answers = { learners: 100, answers: 30, questions: 40, concepts: 8, chance: 0.6 };
const data = randomAnswers(answers, random.key('checks'));

/** The same answers, told once for each of their concepts. */
function expanded(data: Interactions): Interactions {
  const sets = Array.from(data.conceptSet, (set) => data.conceptSets[set]!);
  const rows = sets.flatMap((set, row) => Array.from(set, (k) => ({ row, k })));
  const offsets = Int32Array.from(data.offsets, (at) => rows.filter(({ row }) => row < at).length);
  const concept = Int32Array.from(rows, ({ k }) => k);
  return {
    ...data,
    offsets,
    question: concept,
    conceptSet: concept,
    conceptSets: data.concepts.map((_, k) => Int32Array.of(k)),
    response: Uint8Array.from(rows, ({ row }) => data.response[row]!),
    first: concept.map((_, row) => row),
  };
}

test('answers told once for each concept are noticed, honest ones are not', () => {
  const honest = randomAnswers({ ...answers, learners: 300 }, random.key('honest'));
  expect(leaksOf(honest, range(0, 200), range(200, 300)).warnings).toEqual([]);
  const leaky = leaksOf(expanded(honest), range(0, 200), range(200, 300));
  expect(leaky.alikeAcross).toBeGreaterThan(0.7);
  expect(leaky.warnings.length).toBe(1);
});

test('drift is told by time where it is known', () => {
  const time = Float64Array.from(data.response, (_, row) => -row);
  const chances = new Float32Array(20 * answers.answers).fill(0.6);
  const response = data.response.map((_, row) => (row < 90 * answers.answers ? 1 : 0));
  const parts = driftOf({ ...data, time, response }, range(80, 100), chances);
  expect(parts.map(({ right }) => right)).toEqual([0, 0, 1, 1]);
  expect(parts.map(({ auc }) => auc)).toEqual([undefined, undefined, undefined, undefined]);
  expect(parts[0]!.expected).toBeCloseTo(0.6);
});

test('the hardest item that is not hopeless comes next', () => {
  expect(recommend([0.2, 0.7, 0.5, 0.96])).toBe(2);
  expect(recommend([0.2, 0.3, 0.97])).toBe(1);
  expect(recommend([0.3, 0.2])).toBe(0);
  expect(recommend([0.96, 0.99])).toBeUndefined();
  expect(recommend([])).toBeUndefined();
});

test('learners are in one part each, and published folds are kept', () => {
  const { test: tested, folds } = splitLearners(data, 5, 1);
  expect(tested.length).toBe(20);
  const validated = folds.flatMap(({ validation }) => [...validation]);
  expect([...validated, ...tested].sort((a, b) => a - b)).toEqual([...range(0, 100)]);
  for (const { train, validation } of folds) {
    expect([...train, ...validation].sort((a, b) => a - b)).toEqual([...validated].sort((a, b) => a - b));
  }
  expect(splitLearners(data, 5, 2).test).not.toEqual(tested);
  const published = { ...data, folds: Int8Array.from(data.learners, (_, u) => (u % 4) - 1) };
  const own = splitLearners(published, 5, 1);
  expect([...own.test]).toEqual([...range(0, 100)].filter((u) => u % 4 === 0));
  expect(own.folds.length).toBe(3);
  expect(foldsOf(range(0, 10), 2)[1]!.validation).toEqual(Int32Array.of(1, 3, 5, 7, 9));
});

test('each row counts once, with as much history as the stride leaves', () => {
  const rows = windowsOf(data, 3, { steps: 20, stride: 1e9, grouping: 'rows' })[0]!.row;
  expect(rows.length).toBe(20);
  for (const stride of [1, 5, 20]) {
    const windows = windowsOf(data, 3, { steps: 20, stride, grouping: 'answers' });
    const counted = windows.flatMap(({ row, scored }) => [...row.subarray(scored)]);
    const all = windowsOf(data, 3, { steps: 1000, stride: 1000, grouping: 'answers' })[0]!;
    expect(counted).toEqual([...all.row]);
    for (const { row, before, scored } of windows.slice(1)) {
      expect(scored).toBe(20 - stride);
      row.forEach((own, i) => {
        // Nothing of the answer itself is seen.
        expect(before[i] === 0 || row[before[i]! - 1]! < own).toBe(true);
      });
    }
  }
});
