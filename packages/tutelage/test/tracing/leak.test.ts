import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { auc } from '../../src/assessment/auc.js';
import { randomAnswers } from '../../src/tasks/simulated-learners.js';
import { assessTracing } from '../../src/tracing/assess.js';
import { dktKind } from '../../src/tracing/nets.js';
import { tracingTable } from '../../src/tracing/own-report.js';
import { range, untilDone } from './support.js';

const settings = { steps: 200, batchSize: 32, learningRate: 1e-2, epochs: 12, patience: 12, stride: 200 };
const data = randomAnswers(
  { learners: 900, answers: 40, questions: 100, concepts: 30, chance: 0.6 },
  random.key('leak'),
);
const split = { train: range(0, 500), validation: range(500, 600) };
const tested = range(600, 900);

test('expanded rows tell the answer, and estimates made before the answer do not see it', async () => {
  const kind = dktKind({ width: 32, dropout: 0 }, { ...settings, grouping: 'rows' });
  const tracer = await kind.fit(data, split, { ...untilDone, seed: 1 });
  const { row, chance } = await tracer.predictExpanded(data, tested, 'rows');
  const oneByOne = auc(
    Array.from(row, (r) => data.response[r]!),
    chance,
  );
  const fused = assessTracing(data, tested, await tracer.predict(data, tested));
  await tracer.dispose();
  expect(oneByOne).toBeGreaterThan(0.85);
  expect(fused.auc).toBeGreaterThan(0.48);
  expect(fused.auc).toBeLessThan(0.52);
  const rows = [{ ...fused, arm: 'dkt', auc: oneByOne }];
  expect(() => tracingTable([kind], rows, 'one row for each concept')).toThrow(/no result/);
  expect(tracingTable([kind], [{ ...fused, arm: 'dkt' }], 'one row for each answer')[0]).toContain('AUC 0.');
});

test('a net that is trained honestly finds nothing in random answers', async () => {
  const kind = dktKind({ width: 16, dropout: 0 }, { ...settings, epochs: 2 });
  const tracer = await kind.fit(data, split, { ...untilDone, seed: 2 });
  const { auc: found } = assessTracing(data, tested, await tracer.predict(data, tested));
  await tracer.dispose();
  expect(Math.abs(found - 0.5)).toBeLessThan(0.02);
});
