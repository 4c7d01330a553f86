import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../../src/language/tokenizer/load.js';
import { saveTokenizer } from '../../../src/language/tokenizer/save.js';
import { makeTokenizer } from '../../../src/language/tokenizer/tokenizer.js';
import { trainByteBpe, trainWordLevel, trainWordPiece } from '../../../src/language/tokenizer/train.js';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8'));

interface Reference {
  readonly corpus: readonly string[];
  readonly texts: readonly string[];
  readonly vocab: Record<string, number>;
  readonly merges: readonly (readonly [string, string])[];
  readonly encodings: readonly (readonly number[])[];
}
const reference: Reference = fixture('byte-bpe.json');
const wordPieces: {
  readonly encodings: readonly (readonly number[])[];
  readonly pairs: readonly { readonly ids: readonly number[]; readonly types: readonly number[] }[];
} = fixture('wordpiece.json');

describe('byte-level pairs', () => {
  const tokenizer = trainByteBpe(reference.corpus, { vocabulary: 340 });
  const model = tokenizer.files.tokenizer.model as Pick<Reference, 'vocab' | 'merges'>;

  test('vocabulary and merges are those of the reference trainer', () => {
    expect(model.merges).toEqual(reference.merges);
    expect(model.vocab).toEqual(reference.vocab);
  });

  test('encodings are those of the reference', () => {
    reference.texts.forEach((text, i) => {
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(reference.encodings[i]);
    });
  });

  test('every text comes back unchanged', () => {
    for (const text of reference.texts) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  test('ends texts and pads with the same token', () => {
    expect(tokenizer.special).toEqual({ end: 0, padding: 0 });
  });

  test('a vocabulary must have room for all bytes', () => {
    expect(() => trainByteBpe(['a'], { vocabulary: 256 })).toThrow('vocabulary too small: 256');
    expect(trainByteBpe(['a'], { vocabulary: 257 }).vocabularySize).toBe(257);
  });
});

describe('WordPiece', () => {
  const tokenizer = trainWordPiece(reference.corpus, { vocabulary: 240 });

  test('gives the vocabulary of which the reference encodings were made', () => {
    expect(tokenizer.files.tokenizer).toEqual(fixture('wordpiece-tokenizer.json'));
  });

  test('encodings are those of the reference', () => {
    reference.texts.forEach((text, i) => {
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(wordPieces.encodings[i]);
    });
  });

  test('pairs are joined by a separator, and told apart by types', () => {
    wordPieces.pairs.forEach(({ ids, types }, i) => {
      const pair = [reference.corpus[i]!, reference.corpus[i + 1]!] as const;
      const batch = tokenizer.encodeBatch([pair]);
      expect([...batch.ids.data]).toEqual(ids);
      expect([...batch.types.data]).toEqual(types);
    });
  });

  test('the texts it was trained on have no unknown parts', () => {
    for (const text of reference.corpus)
      expect(tokenizer.encode(text)).not.toContain(tokenizer.special.unknown);
  });
});

describe('whole words', () => {
  const tokenizer = trainWordLevel(['b b b a a c', 'B, a!'], { vocabulary: 7 });

  test('the most frequent ones are known, and parts of known words are not', () => {
    const { classification: start, separator: end, unknown } = tokenizer.special;
    expect(tokenizer.encode('b A c ab')).toEqual([start, 5, 6, unknown, unknown, end]);
  });
});

describe.each([
  ['bytes', trainByteBpe],
  ['WordPiece', trainWordPiece],
  ['words', trainWordLevel],
])('%s', (_, train) => {
  const tokenizer = train(reference.corpus, { vocabulary: 400 });

  test('the same texts give the same tokenizer', () => {
    expect(train(reference.corpus, { vocabulary: 400 }).files).toEqual(tokenizer.files);
  });

  test('saved and loaded, it encodes all the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
    await saveTokenizer(tokenizer, folder);
    const loaded = await loadTokenizer(folder);
    await rm(folder, { recursive: true });
    for (const text of reference.texts) expect(loaded.encode(text)).toEqual(tokenizer.encode(text));
    expect(loaded.special).toEqual(tokenizer.special);
    expect(loaded.vocabularySize).toBe(tokenizer.vocabularySize);
  });
});

describe('encoding', () => {
  const tokenizer = trainWordPiece(reference.corpus, { vocabulary: 300 });
  const { classification: start, separator: end } = tokenizer.special;

  test('a limit cuts the text and keeps the special tokens', () => {
    const whole = tokenizer.encode('the quick brown fox');
    expect(tokenizer.encode('the quick brown fox', 4)).toEqual([start, whole[1], whole[2], end]);
    expect(tokenizer.encode('the quick brown fox', 2)).toEqual([start, end]);
    expect(() => tokenizer.encode('the quick brown fox', 1)).toThrow('too short for the special tokens: 1');
  });

  test('of two texts the longer is cut', () => {
    const ids = tokenizer.encode(['the the the the the', 'dog'], 6);
    const [the, dog] = [tokenizer.id('the'), tokenizer.id('dog')];
    expect(ids).toEqual([start, the, the, end, dog, end]);
  });

  test('a batch is padded to the longest, or to a given length', () => {
    const texts = ['the dog', 'the'];
    const batch = tokenizer.encodeBatch(texts);
    expect(batch.ids.shape).toEqual([2, 4]);
    expect([...batch.ids.data]).toEqual([...tokenizer.encode('the dog'), ...tokenizer.encode('the'), 0]);
    expect([...batch.mask.data]).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
    expect(tokenizer.encodeBatch(texts, 3).ids.shape).toEqual([2, 3]);
    expect(tokenizer.encodeBatch([]).ids.shape).toEqual([0, 1]);
  });

  test('special tokens in plain text are ordinary characters', () => {
    const { separator } = tokenizer.special;
    expect(tokenizer.encode('the [SEP]')).toEqual([start, tokenizer.id('the'), separator, end]);
    expect(tokenizer.encodePlain('the [SEP]')).not.toContain(separator);
  });

  test('files that are no tokenizer are refused', () => {
    expect(() => makeTokenizer({ tokenizer: { added_tokens: [] }, config: {} })).toThrow(
      'not a tokenizer that can be read',
    );
  });
});
