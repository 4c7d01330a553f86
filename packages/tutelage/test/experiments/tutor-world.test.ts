import { expect, test } from 'vitest';
import { type TutorWorldOptions, tutorWorld } from '../../src/experiments/tutor-world.js';

const options: TutorWorldOptions = {
  embedding: 8,
  hidden: [48],
  base: { turns: 2000, passes: 10, learningRate: 2e-3, batchSize: 64 },
  supervised: { turns: 100, passes: 4, learningRate: 5e-4, batchSize: 8 },
  pool: 400,
  temperature: 0.3,
};

test('a tutor that tells is led to help on by its own mistakes', async () => {
  const world = await tutorWorld(options, 1);
  const turns = world.turns('test', 600);
  const before = await world.assess(world.start, turns);
  expect(world.pairs.length + world.agreed.length).toBe(400);
  expect(before.tells).toBeGreaterThan(0.2);
  for (const { chosen, rejected } of world.pairs) expect(chosen).not.toEqual(rejected);
  for (const kind of ['dpo', 'ipo', 'kto'] as const) {
    const rates = { passes: 3, learningRate: 5e-5 };
    const after = await world.assess(await world.teach({ kind, beta: 0.1 }, rates), turns);
    expect(after.margin).toBeGreaterThan(before.margin! + 0.2);
    expect(after.tells).toBeLessThan(before.tells!);
  }
  const all = await world.teach({ kind: 'supervised', on: 'pool' }, { passes: 3, learningRate: 1e-3 });
  expect((await world.assess(all, turns)).joint).toBeGreaterThan(before.joint + 0.1);
  // Training leaves the tutor that it starts from as it is.
  expect(await world.assess(world.start, turns)).toEqual(before);
  await world.dispose();
});
