import { expect, test } from 'vitest';
import { misspelling, spannedText } from '../../../src/language/tokenizer/spans.js';
import { makeTokenizer, type Tokenizer } from '../../../src/language/tokenizer/tokenizer.js';
import { trainByteBpe, trainWordPiece } from '../../../src/language/tokenizer/train.js';

const texts = [
  'the cat sat on the mat',
  'naïve café 東京 🙂',
  '  two  spaces\nand\ttabs ',
  'a<|endoftext|>b',
  '',
];

/** As LLaMA 2's: a space in front, spaces as U+2581, bytes where there is no piece. */
function sentencePiece(): Tokenizer {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const pieces = [
    '<unk>',
    '<s>',
    '</s>',
    ...bytes,
    '\u2581',
    't',
    'h',
    'e',
    'c',
    'a',
    'th',
    'the',
    '\u2581the',
  ];
  const space = (type: string, from: string, to: string) => ({
    type,
    pattern: { String: from },
    content: to,
  });
  return makeTokenizer({
    tokenizer: {
      added_tokens: [],
      normalizer: {
        type: 'Sequence',
        normalizers: [{ type: 'Prepend', prepend: '\u2581' }, space('Replace', ' ', '\u2581')],
      },
      pre_tokenizer: null,
      post_processor: null,
      decoder: {
        type: 'Sequence',
        decoders: [space('Replace', '\u2581', ' '), { type: 'ByteFallback' }, { type: 'Fuse' }],
      },
      model: {
        type: 'BPE',
        byte_fallback: true,
        unk_token: '<unk>',
        vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
        merges: [
          ['t', 'h'],
          ['th', 'e'],
          ['\u2581', 'the'],
        ],
      },
    },
    config: { unk_token: '<unk>' },
  });
}

test('tokens of bytes end where their bytes do, within characters as well', () => {
  const tokenizer = trainByteBpe(texts, { vocabulary: 270 });
  for (const text of texts) {
    const { tokens, ends } = spannedText(tokenizer, text);
    expect(tokens).toEqual(tokenizer.encodePlain(text));
    expect(ends.at(-1) ?? 0).toBe(Buffer.byteLength(text));
    expect([...ends].sort((a, b) => a - b)).toEqual(ends);
  }
  const smallest = trainByteBpe(['x'], { vocabulary: 257 });
  expect(spannedText(smallest, 'é🙂').ends).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a space that the tokenizer puts in front is no part of the text', () => {
  const tokenizer = sentencePiece();
  expect(spannedText(tokenizer, 'the cat')).toMatchObject({ ends: [3, 4, 5, 6, 7] });
  expect(spannedText(tokenizer, 'cé').ends).toEqual([0, 1, 2, 3]);
  expect(spannedText(tokenizer, ' the').ends.at(-1)).toBe(4);
});

test('a tokenizer that changes a text is told, with what it makes of it', () => {
  const tokenizer = trainWordPiece(['the cat sat'], { vocabulary: 40 });
  expect(() => spannedText(tokenizer, 'The cat', "the teacher's")).toThrow(
    'the teacher\'s tokenizer changes texts: "The cat"',
  );
  expect(misspelling(tokenizer, 'The cat')).toBeDefined();
  expect(misspelling(trainByteBpe(texts, { vocabulary: 270 }), 'The cat')).toBeUndefined();
});
