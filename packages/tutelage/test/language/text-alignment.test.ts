import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { alignSpans, chunkLesson } from '../../src/language/text-alignment.js';
import { spannedText } from '../../src/language/tokenizer/spans.js';
import { trainByteBpe, trainWordPiece } from '../../src/language/tokenizer/train.js';
import { compareVocabularies, pairVocabularies } from '../../src/language/vocabulary-pairing.js';

const corpus = ['the cat sat on the mat', 'the café is closed', 'that mat is flat'];
const coarse = trainByteBpe(corpus, { vocabulary: 290 });
const fine = trainByteBpe(['cats and dogs and the rest'], { vocabulary: 264 });

describe('spans', () => {
  test('are cut at common ends', () => {
    expect(alignSpans([2, 5, 9], [1, 2, 4, 6, 9])).toEqual([
      { first: [0, 1], second: [0, 2] },
      { first: [1, 3], second: [2, 5] },
    ]);
    expect(alignSpans([3], [1, 2])).toEqual([]);
  });

  test('take tokens without text along', () => {
    expect(alignSpans([0, 3, 3], [3])).toEqual([{ first: [0, 3], second: [0, 1] }]);
    expect(alignSpans([0, 3], [0, 3])).toEqual([{ first: [0, 2], second: [0, 2] }]);
    expect(alignSpans([3, 3, 5], [3, 5])).toEqual([
      { first: [0, 2], second: [0, 1] },
      { first: [2, 3], second: [1, 2] },
    ]);
  });

  test('of any text cover both tokenizations, each stretch once and as short as can be', () => {
    const stream = random.stream(random.key(5));
    const letters = [...'the catsmo é東\n'];
    for (let round = 0; round < 50; round++) {
      const text = Array.from({ length: 20 }, () => stream.shuffle(letters)[0]).join('');
      const [a, b] = [spannedText(coarse, text).ends, spannedText(fine, text).ends];
      const chunks = alignSpans(a, b);
      expect(chunks.map(({ first }) => a[first[1] - 1])).toEqual(a.filter((end) => b.includes(end)));
      expect(chunks.map(({ second }) => b[second[1] - 1])).toEqual(a.filter((end) => b.includes(end)));
      expect(chunks.flatMap(({ first: [from, to] }) => a.slice(from, to))).toEqual(a);
      expect(chunks.flatMap(({ second: [from, to] }) => b.slice(from, to))).toEqual(b);
    }
  });
});

describe('a lesson in chunks', () => {
  const lesson = { prompt: 'the cat', answer: ' sat' };

  test('sums what the teacher thinks of each stretch of the answer', () => {
    // One token a stretch, from a teacher that cuts "the cat| s|at|end".
    const scored = { ends: [7, 9, 11, 12], logProbabilities: [undefined, -1, -2, -3] };
    const { chunks, prompt, answer } = chunkLesson(fine, lesson, scored);
    expect(fine.decode(prompt)).toBe('the cat');
    const said = chunks.map(({ from, to }) => fine.decode(answer.slice(from, to)));
    expect(said).toEqual([' s', 'at', '']);
    expect(chunks.map(({ logProbability }) => logProbability)).toEqual([-1, -2, -3]);
    expect(answer.at(-1)).toBe(fine.special.end);
  });

  test('leaves out what begins in the prompt, and what the teacher does not say', () => {
    const across = { ends: [6, 8, 9, 11], logProbabilities: [-1, -1, -1, undefined] };
    const { chunks, answer } = chunkLesson(fine, lesson, across);
    expect(chunks.map(({ from, to }) => fine.decode(answer.slice(from, to)))).toEqual(['s']);
  });

  test('begins with a token of its own where there is no prompt', () => {
    const { prompt, chunks } = chunkLesson(
      fine,
      { prompt: '', answer: 'sat' },
      { ends: [1, 3], logProbabilities: [-1, -2] },
    );
    expect(prompt).toEqual([fine.special.end]);
    expect(chunks.map(({ logProbability }) => logProbability)).toEqual([-1, -2]);
  });
});

describe('vocabularies', () => {
  const of = (tokenizer: typeof coarse, vocabulary = tokenizer.vocabularySize) => ({
    tokenizer,
    config: { vocabulary },
  });
  const wordPieces = trainWordPiece(corpus, { vocabulary: 60 });

  test('are told apart', () => {
    const shared = coarse.vocabularySize;
    expect(compareVocabularies(of(coarse), of(coarse))).toEqual({ kind: 'same', shared });
    expect(compareVocabularies(of(coarse, 320), of(coarse))).toEqual({ kind: 'padded', shared });
    expect(compareVocabularies(of(coarse), of(fine))).toMatchObject({ kind: 'different' });
    expect(compareVocabularies(of(coarse), of(wordPieces))).toMatchObject({ kind: 'impossible' });
    expect(compareVocabularies(of(wordPieces), of(wordPieces))).toMatchObject({ kind: 'same' });
  });

  test('that cannot be paired are refused, with what can be done', () => {
    const caught = (act: () => unknown): unknown => {
      try {
        return act();
      } catch (error) {
        return error;
      }
    };
    expect(caught(() => pairVocabularies(of(coarse), of(fine)))).toMatchObject({
      message: expect.stringMatching(/different vocabularies: token \d+/),
      hint: expect.stringContaining('distilByText'),
    });
    expect(caught(() => pairVocabularies(of(coarse), of(wordPieces)))).toMatchObject({
      detail: expect.stringContaining("the student's tokenizer changes texts"),
      hint: expect.not.stringContaining('distilByText'),
    });
  });
});
