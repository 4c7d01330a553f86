import { describe, expect, test } from 'vitest';
import { type SkillExperiment, skillArms } from '../../src/experiments/skill-arms.js';
import { skillGapWorld } from '../../src/experiments/skill-gap-world.js';

const world = {
  student: {
    width: 16,
    layers: 1,
    heads: 2,
    keyValueHeads: 2,
    intermediate: 24,
    rmsNormEpsilon: 1e-5,
    ropeTheta: 1e4,
  },
  rare: { count: 4, share: 0.005 },
  raised: { problems: 64, passes: 2, learningRate: 1e-3 },
  batchSize: 32,
  pool: 2000,
  probe: 60,
  validation: 10,
  test: 40,
};
const sizes: SkillExperiment = {
  world,
  examples: 128,
  passes: 1,
  learningRates: [1e-3],
  select: 5,
  models: 3,
  write: 2,
  solutions: 3,
  agree: 2,
  slip: 0.1,
  judge: { examples: 500, hidden: [8], updates: 60 },
};

describe('a world in which skills are missing', async () => {
  const place = await skillGapWorld(world, 1);

  test('shows the rare skills rarely in the pool, and as often as others in the probe', () => {
    const share = (problems: typeof place.pool) =>
      problems.filter(({ skills }) => skills!.some((skill) => (place.rare as string[]).includes(skill)))
        .length / problems.length;
    expect(place.rare).toHaveLength(4);
    expect(share(place.pool)).toBeGreaterThan(0.02);
    expect(share(place.pool)).toBeLessThan(0.09);
    expect(share(place.probe)).toBeGreaterThan(0.3);
  });

  test('keeps the probe and the tests apart from the pool', () => {
    for (const { id } of place.probe) expect(place.isHeldBack(id)).toBe(true);
    for (const { id } of place.pool) expect(place.isHeldBack(id)).toBe(false);
  });

  test('a mistake misses what a judge finds at fault, three skills at most', async () => {
    const needed = new Map(place.probe.map(({ id, skills }) => [id, skills!]));
    const all = await place.mistakes(async (steps) => steps.map(() => 0));
    expect(all).toHaveLength(60);
    for (const { question, missing } of all) {
      expect(missing.length).toBeLessThanOrEqual(3);
      expect(missing).toEqual(needed.get(question));
    }
    const sorting = await place.mistakes(async (steps) => steps.map(({ name }) => Number(name !== 'sort')));
    expect(sorting.length).toBeGreaterThan(0);
    for (const { missing } of sorting) expect(missing).toEqual(['sort']);
  });

  test('the nearest of a problem of the pool is itself', async () => {
    const near = await place.neighbours(place.pool.slice(0, 5), 3);
    expect(near.map(([first]) => first)).toEqual([0, 1, 2, 3, 4]);
  });
});

test('arms of a seed learn as many problems, different ones by how they are chosen', async () => {
  const found = new Map<string, Readonly<Record<string, number>>>();
  const never = new AbortController().signal;
  for (const arm of skillArms(sizes)) {
    const measured = await arm.run(1, never);
    expect(measured).toMatchObject({ value: expect.any(Number) });
    if (typeof measured === 'object') found.set(arm.id, measured.figures);
  }
  const figure = (arm: string, name: string) => found.get(arm)![name]!;
  expect(figure('base', 'different problems')).toBe(0);
  expect(figure('uniform', 'different problems')).toBe(128);
  expect(figure('uniform-few', 'different problems')).toBe(figure('select', 'different problems'));
  // A student that knows nothing lacks the rare skills as well.
  expect(figure('select', 'problems with a rare skill')).toBeGreaterThan(
    3 * figure('uniform', 'problems with a rare skill'),
  );
  expect(figure('synthesize', 'problems with a rare skill')).toBeGreaterThan(
    3 * figure('synthesize-any', 'problems with a rare skill'),
  );
});
