import { random, type Value } from '@tutelage/engine';
import { safetensorsBert } from '../language/bert-model.js';
import { loadTokenizer } from '../language/tokenizer/load.js';
import { type Encoder, type EncoderConfig, encode, meanPool } from '../models/encoder.js';
import type { EncoderStudent } from './encoder-student.js';
import { miniLmFolder } from './minilm.js';
import { retrieverSmall } from './retriever-small.js';
import { lengthFor, tokensFeaturizer } from './tokens.js';
import { wordBagEncoder } from './word-bag-encoder.js';

/** Encoders by name: from scratch, smallest first, and warm-started from MiniLM. */
export const encoderNames = ['word-bag', 'small', 'mini'] as const;

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
  if (name === 'word-bag') return wordBagEncoder(texts, wordBagWidth, key);
  if (name === 'small') {
    const { featurizer, config, params, plan } = retrieverSmall.create(texts, key);
    return { preset: name, featurizer, width: config.width, params, embed: pooled(config), plan };
  }
  const folder = await miniLmFolder();
  const { config, params } = await safetensorsBert(folder);
  const tokenizer = await loadTokenizer(folder);
  const length = lengthFor(texts, tokenizer, mostTokens);
  return {
    preset: name,
    featurizer: tokensFeaturizer({ length, hidden: 0, ngrams: null }, tokenizer),
    width: config.width,
    params,
    embed: pooled(config),
    plan: { batchSize: 16, learningRate: 2e-5 },
  };
}

/** The mean of an encoder's states over the tokens. */
function pooled(config: EncoderConfig): EncoderStudent['embed'] {
  return (params, { ids, mask }, key) =>
    meanPool(encode(params as Encoder<Value>, config, ids!, mask!, key), mask!);
}
