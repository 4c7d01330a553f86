import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { analyzer } from '../../src/search/analyzer.js';
import { cosine } from '../../src/search/complete-link.js';
import { latentSemantics } from '../../src/search/latent-semantics.js';

const key = random.key('test');
const plain = { key, analyzer: analyzer() };
const alike = ({ data, width }: { data: Float32Array; width: number }, a: number, b: number) =>
  cosine(data, width, a, b);

test('in full width, cosines are those of the weighted terms', () => {
  const documents = ['a a b', 'b c', 'a c d', 'd e f', 'e f f'];
  const { vectors } = latentSemantics(documents, { ...plain, width: 10 });
  const frequency = { a: 2, b: 2, c: 2, d: 2, e: 2, f: 2 };
  const weights = documents.map((text) =>
    Object.entries(frequency).map(([term, n]) => {
      const count = text.split(' ').filter((word) => word === term).length;
      return count === 0 ? 0 : (1 + Math.log(count)) * Math.log(documents.length / n);
    }),
  );
  for (const a of [0, 1, 2, 3, 4]) {
    for (const b of [0, 1, 2, 3, 4]) {
      const [x, y] = [weights[a]!, weights[b]!];
      const expected =
        x.reduce((sum, value, i) => sum + value * y[i]!, 0) / Math.hypot(...x) / Math.hypot(...y);
      expect(alike(vectors, a, b)).toBeCloseTo(expected, 5);
    }
  }
});

test('texts that share no word are alike where others join their words', () => {
  const cars = ['car engine', 'engine automobile', 'car wheel', 'engine wheel', 'wheel automobile'];
  const fruit = ['apple tree', 'tree pear', 'apple juice', 'tree juice', 'juice pear'];
  const { vectors, embed } = latentSemantics([...cars, ...fruit], { ...plain, width: 2 });
  expect(alike(vectors, 0, 4)).toBeGreaterThan(0.9);
  expect(Math.abs(alike(vectors, 0, 5))).toBeLessThan(0.1);
  const [car, automobile, nothing] = ['car', 'automobile', 'unheard-of'].map(embed);
  expect(car!.reduce((sum, x, i) => sum + x * automobile![i]!, 0)).toBeGreaterThan(0.9);
  expect([...nothing!]).toEqual([0, 0]);
});

test('a text is embedded as in the collection, to the same bits each time', () => {
  const documents = ['one two three', 'two three four', 'four five one', 'five two'];
  const once = latentSemantics(documents, { ...plain, width: 3 });
  const again = latentSemantics(documents, { ...plain, width: 3 });
  expect(again.vectors).toEqual(once.vectors);
  expect(once.embed(documents[2]!)).toEqual(once.vectors.data.slice(6, 9));
});

test('texts without a common word are refused', () => {
  expect(() => latentSemantics(['one', 'two'], { ...plain, width: 3 })).toThrow(
    'no two documents share a term',
  );
});
