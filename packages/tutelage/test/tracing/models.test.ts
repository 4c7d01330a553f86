import { loadSession, random, toNumbers } from '@tutelage/engine';
import { describe, expect, it, test } from 'vitest';
import type { Json } from '../../src/core/curriculum.js';
import type { Interactions } from '../../src/tasks/interactions/index.js';
import { randomAnswers } from '../../src/tasks/simulated-learners.js';
import { assessTracing } from '../../src/tracing/assess.js';
import { bkt, fitBkt, learnedFrom } from '../../src/tracing/bkt.js';
import { elo } from '../../src/tracing/elo.js';
import { factors } from '../../src/tracing/factors.js';
import { irt } from '../../src/tracing/irt.js';
import { meansOf } from '../../src/tracing/means.js';
import type { NetSettings, NetTracer } from '../../src/tracing/net-tracer.js';
import { aktKind, dktKind, saktKind, simpleKtKind } from '../../src/tracing/nets.js';
import { itemAt, type TracerKind } from '../../src/tracing/tracer.js';
import { batchOf, windowsOf } from '../../src/tracing/windows.js';
import { range, school, untilDone } from './support.js';

const settings: NetSettings = {
  steps: 64,
  batchSize: 16,
  learningRate: 3e-3,
  epochs: 1,
  patience: 1,
  stride: 64,
};
const size = { width: 8, dropout: 0.1 };
const kinds: readonly TracerKind[] = [
  meansOf('all'),
  meansOf('concept'),
  meansOf('question'),
  irt(1),
  irt(2),
  elo,
  factors('afm'),
  factors('pfa'),
  bkt(),
  bkt({ forgets: true }),
  dktKind(size, settings),
  saktKind(size, settings),
  simpleKtKind(size, settings),
  aktKind(size, settings),
];

const { data } = school(60);
const several = randomAnswers(
  { learners: 60, answers: 15, questions: 20, concepts: 6, chance: 0.6 },
  random.key('several'),
);
const split = { train: range(0, 40), validation: range(40, 50) };
const tested = range(50, 60);
const fit = (kind: TracerKind, answers: Interactions) => kind.fit(answers, split, { ...untilDone, seed: 1 });

/** What every tracer must keep to. */
describe.each(kinds.map((kind) => [kind.title, kind] as const))('%s', (_, kind) => {
  it('estimates each answer from those before it alone, and not from those given together with it', async () => {
    // Answers 4, 5 and 6 of each learner are given together.
    const first = several.first.map((row) => (row % 15 === 5 || row % 15 === 6 ? row - (row % 15) + 4 : row));
    const together = { ...several, first };
    const tracer = await fit(kind, together);
    const before = await tracer.predict(together, tested);
    const response = together.response.map((r, row) => (row % 15 >= 4 ? 1 - r : r));
    const after = await tracer.predict({ ...together, response }, tested);
    await tracer.dispose();
    after.forEach((p, i) => {
      expect(p).toBeGreaterThan(0);
      expect(p).toBeLessThan(1);
      if (i % 15 <= 6) expect(p).toBeCloseTo(before[i]!, 5);
    });
    if (!kind.id.startsWith('mean')) {
      expect(Math.max(...after.map((p, i) => Math.abs(p - before[i]!)))).toBeGreaterThan(1e-5);
    }
  });

  it('follows a learner answer by answer to the same chances, from a state that was kept', async () => {
    const tracer = await fit(kind, several);
    const [learner] = tested;
    const chances = await tracer.predict(several, Int32Array.of(learner!));
    let state: Json | undefined;
    for (let i = 0; i < 6; i++) {
      const row = several.offsets[learner!]! + i;
      const follower = tracer.follow(state);
      const [p] = await follower.probabilities([itemAt(several, row)]);
      expect(p).toBeCloseTo(chances[i]!, 5);
      await follower.answer(itemAt(several, row), several.response[row] === 1 ? 1 : 0);
      state = JSON.parse(JSON.stringify(follower.state())) as Json;
    }
    await tracer.dispose();
  });

  it('leaves as a file', async () => {
    const tracer = await fit(kind, several);
    const { name, content } = tracer.file();
    if (name === 'model.onnx') {
      const [window] = windowsOf(several, tested[0]!, { steps: 64, stride: 64, grouping: 'answers' });
      const { target: _, weight: __, ...inputs } = batchOf(several, [window!], 1, window!.row.length);
      const session = await loadSession(content);
      const taken = Object.entries(inputs).filter(([input]) =>
        session.inputs.some((one) => one.name === input),
      );
      const { probabilities } = await session.run(Object.fromEntries(taken));
      const { chance } = await (tracer as NetTracer).predictExpanded(several, tested.slice(0, 1), 'answers');
      toNumbers(probabilities!).forEach((p, i) => {
        expect(p).toBeCloseTo(chance[i]!, 5);
      });
      await session.dispose();
    } else expect(JSON.parse(new TextDecoder().decode(content))).toBeInstanceOf(Object);
    await tracer.dispose();
  });

  it('finds nothing in random answers', async () => {
    const answers = { learners: 400, answers: 25, questions: 20, concepts: 6, chance: 0.6 };
    const chance = randomAnswers(answers, random.key('chance'));
    const tracer = await kind.fit(
      chance,
      { train: range(0, 150), validation: range(150, 200) },
      { ...untilDone, seed: 3 },
    );
    const tested = range(200, 400);
    const { auc } = assessTracing(chance, tested, await tracer.predict(chance, tested));
    await tracer.dispose();
    expect(Math.abs(auc - 0.5)).toBeLessThan(0.035);
  });
});

describe('BKT', () => {
  it('moves as the formulas say', () => {
    const p = { known: 0.4, learn: 0.1, forget: 0, guess: 0.25, slip: 0.1 };
    // L|right = 0.4 * 0.9 / (0.36 + 0.15) = 0.70588; + 0.29412 * 0.1
    expect(learnedFrom(0.4, p, 1)).toBeCloseTo(0.735294, 6);
    // L|wrong = 0.4 * 0.1 / (1 - 0.51) = 0.081633; + 0.918367 * 0.1
    expect(learnedFrom(0.4, p, 0)).toBeCloseTo(0.173469, 6);
    expect(learnedFrom(0.4, { ...p, forget: 0.2 }, 1)).toBeCloseTo(0.705882 * 0.8 + 0.294118 * 0.1, 5);
  });

  it.each([
    { known: 0.3, learn: 0.15, forget: 0, guess: 0.2, slip: 0.08 },
    { known: 0.6, learn: 0.2, forget: 0.1, guess: 0.1, slip: 0.05 },
  ])('finds the parameters that made the answers: %o', (truth) => {
    const draws = new Float32Array(2000 * 25);
    random.fillUniform(draws, random.key('bkt'));
    let at = 0;
    const sequences = Array.from({ length: 2000 }, () => {
      let known = draws[at++]! < truth.known;
      return Uint8Array.from({ length: 12 }, () => {
        const right = draws[at++]! < (known ? 1 - truth.slip : truth.guess) ? 1 : 0;
        known = known ? draws[at++]! >= truth.forget : draws[at++]! < truth.learn;
        return right;
      });
    });
    const found = fitBkt(sequences, truth.forget > 0);
    for (const name of ['known', 'learn', 'forget', 'guess', 'slip'] as const) {
      expect(Math.abs(found[name] - truth[name])).toBeLessThan(0.05);
    }
  });

  it('stays sensible for a concept that nobody answered, and one always answered right', () => {
    expect(fitBkt([])).toMatchObject({ guess: 0.25, slip: 0.1 });
    const perfect = fitBkt(Array.from({ length: 50 }, () => Uint8Array.of(1, 1, 1)));
    for (const value of Object.values(perfect)) expect(value).toBeGreaterThanOrEqual(0);
    expect(perfect.guess).toBeLessThanOrEqual(0.5);
  });
});

test('IRT finds which questions are hard and who is able', async () => {
  const made = school(400);
  const tracer = await irt(1).fit(
    made.data,
    { train: range(0, 300), validation: range(300, 310) },
    { ...untilDone, seed: 1 },
  );
  const tested = range(310, 400);
  const found = assessTracing(made.data, tested, await tracer.predict(made.data, tested));
  const means = await meansOf('question').fit(
    made.data,
    { train: range(0, 300), validation: tested },
    { ...untilDone, seed: 1 },
  );
  const baseline = assessTracing(made.data, tested, await means.predict(made.data, tested));
  expect(found.auc).toBeGreaterThan(baseline.auc + 0.01);
});

test('windows of a long learner give the chances of a short one until history is cut', async () => {
  const tracer = await dktKind(size, { ...settings, steps: 64, stride: 16 }).fit(data, split, {
    ...untilDone,
    seed: 1,
  });
  const long: Interactions = {
    ...data,
    learners: ['long'],
    offsets: Int32Array.of(0, 500),
  };
  const short: Interactions = { ...long, offsets: Int32Array.of(0, 60) };
  const [all, start] = [await tracer.predict(long, range(0, 1)), await tracer.predict(short, range(0, 1))];
  expect(all.length).toBe(500);
  expect(Array.from(all.subarray(0, 60))).toEqual(Array.from(start));
  await tracer.dispose();
});
