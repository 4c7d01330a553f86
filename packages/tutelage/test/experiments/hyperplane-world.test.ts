import { describe, expect, test } from 'vitest';
import { hyperplaneWorld } from '../../src/experiments/hyperplane-world.js';

const options = {
  dimensions: 4,
  raised: [200, 200, 20, 20, 4, 4],
  unlearnable: 2,
  hidden: 16,
  steps: { base: 200, round: 200 },
  batchSize: 32,
  learningRate: 5e-3,
  weightDecay: 0,
  validation: 40,
  test: 200,
};

describe('a world of hyperplanes', async () => {
  const place = await hyperplaneWorld(options, 1);
  const hopeless = place.learnable.indexOf(false);

  test('has rarer skills that can not be learned', () => {
    expect(place.learnable.filter((one) => !one)).toHaveLength(2);
    expect(place.learnable.slice(0, 2)).toEqual([true, true]);
  });

  test('its base knows what it has seen, and nothing of what can not be learned', async () => {
    const accuracy = await place.tested(place.base);
    for (const common of accuracy.slice(0, 2)) expect(common).toBeGreaterThan(0.85);
    place.learnable.forEach((can, skill) => {
      if (!can) expect(Math.abs(accuracy[skill]! - 0.5)).toBeLessThan(0.15);
    });
    expect(await place.validated(place.base)).toHaveLength(6);
  });

  test('items of a skill make it better, and wrong ones worse', async () => {
    const skill = place.learnable.lastIndexOf(true);
    const counts = options.raised.map((_, i) => (i === skill ? 120 : 0));
    const before = (await place.tested(place.base))[skill]!;
    const after = (await place.tested(await place.taught(place.write(counts, 1, 0))))[skill]!;
    expect(after).toBeGreaterThan(before + 0.1);
    const turned = (await place.tested(await place.taught(place.write(counts, 1, 1))))[skill]!;
    expect(turned).toBeLessThan(0.4);
  });

  test('a teacher writes the same to whoever asks, and other items in another round', () => {
    const few = place.write([2, 0, 0, 0, 0, 0], 1, 0);
    const more = place.write([3, 1, 0, 0, 0, 0], 1, 0);
    expect(more.slice(0, 2)).toEqual(few);
    expect(place.write([2, 0, 0, 0, 0, 0], 2, 0)[0]!.point).not.toEqual(few[0]!.point);
  });

  test('a share of the labels can be wrong', () => {
    const counts = options.raised.map((_, i) => (i === 0 ? 1000 : 0));
    const right = place.write(counts, 1, 0);
    const some = place.write(counts, 1, 0.3);
    const wrong = right.filter(({ label }, i) => label !== some[i]!.label).length / 1000;
    expect(wrong).toBeGreaterThan(0.25);
    expect(wrong).toBeLessThan(0.35);
    const chance = place.write(
      options.raised.map((_, i) => (i === hopeless ? 400 : 0)),
      1,
      0,
    );
    expect(Math.abs(chance.filter(({ label }) => label === 1).length / 400 - 0.5)).toBeLessThan(0.1);
  });
});
