import { expect, test } from 'vitest';
import { tokenBytes } from '../../../src/language/tokenizer/token-bytes.js';
import { makeTokenizer } from '../../../src/language/tokenizer/tokenizer.js';
import { trainByteBpe, trainWordPiece } from '../../../src/language/tokenizer/train.js';

const texts = ['the cat sat on the mat', 'naïve café 東京 🙂', '  two  spaces\nand\ttabs '];

test('the tokens of a text have its bytes, whatever the script; special ones have none', () => {
  const tokenizer = trainByteBpe(texts, { vocabulary: 300 });
  const bytes = tokenBytes(tokenizer);
  for (const text of [...texts, 'что-то новое', '']) {
    const total = tokenizer.encodePlain(text).reduce((sum, token) => sum + bytes[token]!, 0);
    expect(total).toBe(Buffer.byteLength(text));
  }
  expect(bytes[tokenizer.special.end!]).toBe(0);
});

test('a vocabulary that is no table is refused', () => {
  const { files } = trainWordPiece(texts, { vocabulary: 100 });
  const broken = makeTokenizer(files);
  expect(() => tokenBytes({ ...broken, files: { ...files, tokenizer: { model: { vocab: [] } } } })).toThrow(
    /not a byte-level tokenizer/,
  );
});
