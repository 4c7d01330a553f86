import { random, tensor } from '@tutelage/engine';
import { safetensorsBert } from '../language/bert-model.js';
import { loadTokenizer } from '../language/tokenizer/load.js';
import type { Tokenizer } from '../language/tokenizer/tokenizer.js';
import { type EncoderStudent, embedder, meanPooled } from './encoder-student.js';
import { miniLmFolder } from './minilm.js';
import { smallEncoder } from './retriever-small.js';
import { lengthFor, tokensFeaturizer } from './tokens.js';
import { vocabularyOf } from './word-bag.js';
import { encoderOfWords, wordBagEncoder } from './word-bag-encoder.js';

/**
 * Encoders by name. From scratch: a sum of vectors of words or of character n-grams, and a transformer of 3 layers. Warm-started from MiniLM: a sum of the
 * vectors that it has for single words, and itself.
 */
export const encoderNames = ['word-bag', 'character-bag', 'small', 'static', 'mini'] as const;

export type EncoderName = (typeof encoderNames)[number];

const wordBagWidth = 128;
/** Longest text that the warm-started encoder reads, in tokens. */
const mostTokens = 128;

/**
 * An encoder of texts to be. Its vectors are as long as they come.
 *
 * @param texts from which it learns what words there are
 * @throws {UserError} when MiniLM can't be downloaded
 */
export async function encoderNamed(
  name: EncoderName,
  texts: readonly string[],
  seed: number,
): Promise<EncoderStudent> {
  const key = random.foldIn(random.key(seed), 'encoder');
  if (name === 'word-bag') return wordBagEncoder(texts, { width: wordBagWidth, weighting: 'tf-idf' }, key);
  if (name === 'character-bag') {
    const config = { width: wordBagWidth, weighting: 'tf-idf', terms: 'characters' } as const;
    return { ...wordBagEncoder(texts, config, key), plan: { batchSize: 128, learningRate: 1e-2 } };
  }
  if (name === 'static') return staticEncoder(texts);
  if (name === 'small') return smallEncoder(name, texts, key);
  return miniEncoder((tokenizer, positions) => lengthFor(texts, tokenizer, Math.min(mostTokens, positions)));
}

/** @param lengthOf longest text in tokens */
async function miniEncoder(
  lengthOf: (tokenizer: Tokenizer, positions: number) => number,
): Promise<EncoderStudent> {
  const folder = await miniLmFolder();
  const { config, params } = await safetensorsBert(folder);
  const tokenizer = await loadTokenizer(folder);
  const length = lengthOf(tokenizer, config.positions);
  return {
    preset: 'mini',
    featurizer: tokensFeaturizer({ length, hidden: 0, ngrams: null }, tokenizer),
    width: config.width,
    params,
    embed: meanPooled(config),
    plan: { batchSize: 16, learningRate: 2e-5 },
  };
}

/** Tokens of a word. */
const longestWord = 16;
/** Length of the vectors of words: products of texts then have about the size of a teacher's margins. */
const wordLength = 3;

/** The vectors that MiniLM has for single words, less their mean, as the start of a sum of word vectors. */
async function staticEncoder(texts: readonly string[]): Promise<EncoderStudent> {
  const mini = await miniEncoder(() => longestWord);
  const vocabulary = vocabularyOf(texts);
  const teacher = embedder(mini, { threads: 1 });
  const { data, width } = await teacher.embed(mini.params, vocabulary.words);
  await teacher.dispose();
  const count = vocabulary.words.length;
  const mean = new Float64Array(width);
  data.forEach((x, i) => {
    mean[i % width]! += x / count;
  });
  const centred = data.map((x, i) => x - mean[i % width]!);
  for (let row = 0; row < count; row++) {
    const vector = centred.subarray(row * width, (row + 1) * width);
    const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0)) || 1;
    vector.forEach((x, i) => {
      vector[i] = (wordLength * x) / length;
    });
  }
  const params = { weight: tensor(centred, [count, width]) };
  return encoderOfWords('static', vocabulary, { weighting: 'tf-idf' }, params);
}
