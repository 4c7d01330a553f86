import { expect, test } from 'vitest';
import { jit, random, tensor, toNumbers, type Value } from '../../src/index.js';

const key = random.keyTensor(random.key('traced'));

test('classes are drawn as often as their probabilities say', async () => {
  const logits = tensor([Math.log(0.2), Math.log(0.5), Math.log(0.3)]);
  const many = 60_000;
  const draw = jit((k: Value, l: Value) => random.categorical(k, l));
  const rows = new Float32Array(3 * many).map((_, i) => Number(logits.data[i % 3]));
  const drawn = toNumbers(await draw(key, tensor(rows, [many, 3])));
  const share = (c: number) => drawn.filter((d) => d === c).length / many;
  // Five standard deviations of a share are at most 0.0103 here.
  for (const [c, p] of [0.2, 0.5, 0.3].entries()) expect(Math.abs(share(c) - p)).toBeLessThan(0.0103);
  await draw.dispose();
});

test('kinds of draws have their means and spreads', async () => {
  const draw = jit((k: Value) => ({
    uniform: random.uniform(random.foldInTraced(k, 'u'), [20_000]),
    normal: random.normal(random.foldInTraced(k, 'n'), [20_000]),
    bernoulli: random.bernoulli(random.foldInTraced(k, 'b'), [20_000], 0.3),
  }));
  const drawn = await draw(key);
  const moments = (xs: number[]) => {
    const mean = xs.reduce((a, b) => a + b, 0) / xs.length;
    return [mean, Math.sqrt(xs.reduce((a, b) => a + (b - mean) ** 2, 0) / xs.length)] as const;
  };
  const expected = {
    uniform: [0.5, Math.sqrt(1 / 12)],
    normal: [0, 1],
    bernoulli: [0.3, Math.sqrt(0.21)],
  } as const;
  for (const [name, [mean, deviation]] of Object.entries(expected)) {
    const [m, d] = moments(toNumbers(drawn[name as keyof typeof expected]));
    expect(Math.abs(m - mean), name).toBeLessThan((5 * deviation) / Math.sqrt(20_000));
    expect(Math.abs(d - deviation), name).toBeLessThan(0.02);
  }
  expect(new Set(toNumbers(drawn.bernoulli))).toEqual(
    new Set([0, Math.fround(0.3) * Math.fround(1 / 0.3)].map((x) => Math.round(x))),
  );
  await draw.dispose();
});
