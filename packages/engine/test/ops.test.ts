import { describe, expect, test } from 'vitest';
import { vjp } from '../src/autodiff/grad.js';
import '../src/index.js';
import { trace } from '../src/compile/trace.js';
import type { Value } from '../src/index.js';
import { apply, constant, ruleOf } from '../src/ops/apply.js';
import { cast, sum } from '../src/ops/index.js';
import type { Op, Sample } from '../src/ops/rule.js';
import { rules } from '../src/ops/table.js';
import { checkSample } from './support/gradcheck.js';
import { randomFrom } from './support/random.js';

const ops = Object.keys(rules) as Op[];
const samplesOf = (op: Op) => ruleOf(op).samples as readonly Sample<Op>[];

/** Operators that can't be run alone. */
const withoutSamples: Partial<Record<Op, string>> = {
  input: 'is what a sample is fed through',
  constant: 'is an initializer, used by every other sample',
  leaf: 'is gone before emission',
  stopGradient: 'is gone before emission',
  straightThrough: 'is gone before emission',
  checkpoint: 'is gone before emission',
  foldKey: 'is followed by the draws, outside of the graph',
  draw: 'is an input of the lowered model',
  cachedAttention: 'has a kernel in float32 alone, and is tested against plain attention',
};

describe.each(ops.filter((op) => samplesOf(op).length > 0))('%s', (op) => {
  test.each(samplesOf(op).map((sample, i) => [i, sample] as const))('sample %i', async (i, sample) => {
    const report = await checkSample(op, sample, randomFrom(1000 + i));
    expect(report.received).toEqual(report.inferred);
    expect(report.gradient).toBeLessThan(1e-6);
    expect(report.second).toBeLessThan(1e-6);
    expect(report.precision).toBeLessThan(2e-4);
    expect(report.simplified).toBeLessThan(1e-6);
    expect(report.folded ?? 0).toBeLessThan(1e-5);
  });
});

test('operators without samples are known', () => {
  expect(ops.filter((op) => samplesOf(op).length === 0)).toEqual(Object.keys(withoutSamples));
});

test('operators without gradients are known, and give none', () => {
  const without = ops.filter((op) => ruleOf(op).vjp === null);
  expect(without).toMatchInlineSnapshot(`
    [
      "input",
      "constant",
      "iota",
      "foldKey",
      "draw",
      "sign",
      "floor",
      "ceil",
      "round",
      "equal",
      "less",
      "lessEqual",
      "greater",
      "greaterEqual",
      "and",
      "or",
      "xor",
      "not",
      "isNan",
      "mod",
      "maxPoolIndex",
      "cachedAttention",
      "argMax",
      "argMin",
      "quantileIndex",
    ]
  `);
  for (const op of without) {
    for (const sample of samplesOf(op)) {
      const types = sample.inputs.map((s) => ({
        dtype: s.fixed?.dtype ?? ('float32' as const),
        shape: s.shape,
      }));
      trace((...inputs: Value[]) => {
        const total = sum(cast(apply(op, inputs, sample.attributes), 'float32'));
        expect(vjp([total], [constant(1)], inputs).filter((g) => g !== undefined)).toEqual([]);
        return total;
      }, types);
    }
  }
});
