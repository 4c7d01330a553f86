import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { trainWordPiece } from '../../src/language/tokenizer/train.js';
import { hashedNgramsFeaturizer } from '../../src/students/hashed-ngrams.js';
import { restoreTokens, tokensFeaturizer } from '../../src/students/tokens.js';

const texts = ['the card was swallowed', 'where is my card', 'my money is where the card was'];
const tokenizer = trainWordPiece(texts, { vocabulary: 200 });
const featurizer = tokensFeaturizer({ length: 20, hidden: 0.5, ngrams: null }, tokenizer);
const { padding, classification, separator, mask: hidden } = tokenizer.special;

test('pads to one of few lengths and cuts what is longer', () => {
  const lengthOf = (words: number) => featurizer.batch([Array(words).fill('card').join(' ')]).ids!.shape[1];
  expect([1, 6, 7, 14, 15, 40].map(lengthOf)).toEqual([8, 8, 16, 16, 20, 20]);
  const { ids, mask } = featurizer.batch(['card card', 'card']);
  const card = tokenizer.id('card')!;
  expect([...ids!.data]).toEqual([
    ...[classification, card, card, separator, padding, padding, padding, padding],
    ...[classification, card, separator, padding, padding, padding, padding, padding],
  ]);
  expect([...mask!.data]).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0]);
  const cut = featurizer.batch([Array(40).fill('card').join(' ')]).ids!.data;
  expect(cut[19]).toBe(separator);
});

test('the size of a text is its number of tokens', () => {
  expect(featurizer.size!('card card')).toBe(4);
});

test('hides about the wanted share of the tokens, none of them special, by key', () => {
  const inputs = Array(200).fill(texts[2]);
  const plain = featurizer.batch(inputs).ids!.data;
  const changed = featurizer.batch(inputs, random.key(1)).ids!.data;
  let count = 0;
  for (let i = 0; i < plain.length; i++) {
    if (plain[i] === changed[i]) continue;
    expect(changed[i]).toBe(hidden);
    expect([padding, classification, separator]).not.toContain(plain[i]);
    count++;
  }
  expect(count / (200 * (featurizer.size!(texts[2]!) - 2))).toBeCloseTo(0.5, 1);
  expect(featurizer.batch(inputs, random.key(1)).ids!.data).toEqual(changed);
  expect(featurizer.batch(inputs, random.key(2)).ids!.data).not.toEqual(changed);
});

test('comes back from its configuration and files', async () => {
  const restored = await restoreTokens(
    { length: 20, hidden: 0.5, ngrams: null },
    async (name) => featurizer.files![name]!,
  );
  const inputs = [...texts, 'an unheard-of card'];
  expect(restored.batch(inputs)).toEqual(featurizer.batch(inputs));
});

test('says which file is damaged', async () => {
  const read = async (name: string) => (name === 'tokenizer.json' ? '{"model"' : '{}');
  await expect(restoreTokens({ length: 20, hidden: 0, ngrams: null }, read)).rejects.toThrow(
    'damaged tokenizer: tokenizer.json is not a JSON object',
  );
});

test('gives n-grams beside the tokens where they are wanted', async () => {
  const ngrams = { buckets: 64, characters: [3, 4] as [number, number], pairs: true };
  const both = tokensFeaturizer({ length: 20, hidden: 0, ngrams }, tokenizer);
  const batch = both.batch(texts);
  expect(Object.keys(batch)).toEqual(Object.keys(both.inputs));
  expect(batch.features!.shape).toEqual([3, 256]);
  const plain = hashedNgramsFeaturizer(ngrams).batch(texts);
  const width = plain.features!.shape[1]!;
  expect(batch.features!.data.slice(256, 256 + width)).toEqual(plain.features!.data.slice(width, 2 * width));
  const restored = await restoreTokens({ length: 20, hidden: 0, ngrams }, async (name) => both.files![name]!);
  expect(restored.batch(texts)).toEqual(batch);
});
