import { describe, expect, test } from 'vitest';
import type { AnswerSource } from '../../src/assessment/hacking.js';
import type { CausalModel } from '../../src/language/causal-model.js';
import { trainByteBpe, trainWordLevel } from '../../src/language/tokenizer/train.js';
import { pairVocabularies } from '../../src/language/vocabulary-pairing.js';
import { type CausalDistillationOptions, distilCausal } from '../../src/students/causal-distillation.js';
import { tinyCausalModel } from '../tiny-causal-model.js';

const words = Array.from({ length: 12 }, (_, i) => `w${i}`);
const tokenizer = trainByteBpe([words.join(' ')], { vocabulary: 280 });

function model(seed: number, changes: Partial<CausalModel['config']> = {}): CausalModel {
  const quiet = tinyCausalModel(tokenizer, seed, changes);
  // Larger embeddings, so that the teacher has something to say.
  const { params } = quiet;
  const { weight } = params.model.embed_tokens;
  const louder = { ...weight, data: (weight.data as Float32Array).map((w) => 20 * w) };
  return { ...quiet, params: { ...params, model: { ...params.model, embed_tokens: { weight: louder } } } };
}

const prompts = words.map((word) => tokenizer.encodePlain(word));
const options = (source: AnswerSource): CausalDistillationOptions => ({
  teacher: model(1),
  student: model(2),
  prompts: prompts.slice(0, 8),
  heldOut: prompts.slice(8),
  references: [{ prompt: prompts[9]!, answer: prompts[3]! }],
  source,
  generations: 2,
  refresh: 2,
  epochs: 6,
  divergence: { kind: 'forward' },
  learningRate: 0.01,
  loraRank: 0,
  maxTokens: 6,
  rowsABatch: 4,
  checkpoints: [0, 3, 6],
  seed: 1,
  signal: new AbortController().signal,
});

test.each(['offline', 'online teacher', 'online student'] as const)(
  '%s answers bring the student nearer to its teacher, and the same seed to the same place',
  async (source) => {
    const found = await distilCausal(options(source));
    expect(found.map(({ epoch }) => epoch)).toEqual([0, 3, 6]);
    expect(found.at(-1)!.proxy).toBeLessThan(0.8 * found[0]!.proxy);
    expect(found.every(({ golden }) => Number.isFinite(golden))).toBe(true);
    expect(await distilCausal(options(source))).toEqual(found);
  },
);

test('a student that is its teacher stays where it is', async () => {
  const own = model(1);
  const found = await distilCausal({ ...options('offline'), student: own, references: [], checkpoints: [0] });
  expect(found[0]!.proxy).toBeCloseTo(0, 5);
  expect(found[0]!.golden).toBeUndefined();
});

describe('vocabularies', () => {
  test('heads that are padded are cut to the tokens of the tokenizer', async () => {
    const padded = model(3, { vocabulary: tokenizer.vocabularySize + 7 });
    expect(pairVocabularies(padded, model(1))).toEqual({ shared: tokenizer.vocabularySize });
    const found = await distilCausal({
      ...options('offline'),
      teacher: padded,
      epochs: 1,
      checkpoints: [0, 1],
    });
    expect(Number.isFinite(found[0]!.proxy)).toBe(true);
  });

  test('that differ are told by the first token that does', () => {
    const other = trainWordLevel(words, { vocabulary: 20 });
    const teacher = { ...model(1), tokenizer: other };
    expect(() => pairVocabularies(teacher, model(2))).toThrow(/different vocabularies: token \d+/);
    const longer = trainByteBpe([`${words.join(' ')} and some more words`], { vocabulary: 285 });
    const bigger: CausalModel = { ...model(1, { vocabulary: longer.vocabularySize }), tokenizer: longer };
    expect(() => pairVocabularies(bigger, model(2))).toThrow('different vocabularies');
  });
});
