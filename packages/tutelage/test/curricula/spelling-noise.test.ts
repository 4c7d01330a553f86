import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { uniformDraws } from '../../src/curricula/draws.js';
import { misspelt } from '../../src/curricula/spelling-noise.js';

const text = "l'énergie cinétique, 12 fois plus grande ".repeat(50);

test('of no letter leaves a text as it is', () => {
  expect(misspelt(text, 0, uniformDraws(random.key(1)))).toBe(text);
});

test('changes letters alone, about as many as it should, the same ones for the same key', () => {
  const noisy = misspelt(text, 0.1, uniformDraws(random.key(1)));
  expect(noisy).toBe(misspelt(text, 0.1, uniformDraws(random.key(1))));
  expect(noisy.match(/12/g)).toHaveLength(50);
  // A quarter of the faults leaves a letter out, a quarter doubles one: the length stays about the same.
  expect(Math.abs(noisy.length - text.length)).toBeLessThan(60);
  const [words, changed] = [text.trim().split(' '), noisy.trim().split(' ')];
  const same = words.filter((word, i) => word === changed[i]).length / words.length;
  expect(same).toBeGreaterThan(0.3);
  expect(same).toBeLessThan(0.8);
});
