import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flaggedSplit, flaggedViews } from '../../src/tasks/flagged-views.js';
import { cacheFolder } from '../../src/tasks/public.js';

const cached = existsSync(join(cacheFolder(), 'fashion-mnist', 'train-images-idx3-ubyte.gz'));
const name = cached ? 'flagged views' : 'flagged views (skipped: Fashion-MNIST is not in the cache)';

describe.skipIf(!cached)(name, () => {
  it('show a picture in one view and noise in the other', async () => {
    const { count, inputs, flags, classes } = await flaggedViews('t10k', { count: 200, noise: 0.3, seed: 1 });
    expect(new Set(classes).size).toBe(10);
    const told = flags.reduce((sum, flag) => sum + flag, 0) / count;
    expect(told).toBeGreaterThan(0.35);
    expect(told).toBeLessThan(0.65);
    // Neighbours are alike in pictures, and not in noise.
    const alike = (view: 0 | 1, n: number) => {
      const pixels = inputs[view].subarray(n * 196, (n + 1) * 196);
      let [same, all] = [0, 0];
      for (let i = 0; i < 195; i++) {
        same += pixels[i]! * pixels[i + 1]!;
        all += pixels[i]! ** 2;
      }
      return same / all;
    };
    for (let n = 0; n < count; n++) {
      const shown = flags[n] === 0 ? 0 : 1;
      expect(alike(shown, n)).toBeGreaterThan(alike(shown === 0 ? 1 : 0, n));
    }
  });

  it('come from the seed, and no training picture is one of validation', async () => {
    const sizes = { train: 50, validation: 30, test: 20, noise: 0 };
    const [one, again] = [await flaggedSplit(sizes, 3), await flaggedSplit(sizes, 3)];
    expect(again).toEqual(one);
    expect([one.train.count, one.validation.count, one.unseen.count]).toEqual([50, 30, 20]);
    expect((await flaggedSplit(sizes, 4)).train.inputs).not.toEqual(one.train.inputs);
  });
});
