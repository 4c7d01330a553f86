import { random, tensor } from '@tutelage/engine/data';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { makeTokenizer, type Tokenizer, type TokenizerFiles } from '../language/tokenizer/tokenizer.js';
import type { Featurizer } from './classifier.js';
import { hashedNgramsConfig, ngramTensors } from './hashed-ngrams.js';

export const tokensConfig = z.object({
  /** Longest text in tokens, special ones counted; what is longer is cut. */
  length: z.int().min(3),
  /** Share of the tokens that is hidden in training. */
  hidden: z.number().min(0).max(1),
  /** Hashed n-grams of the text beside its tokens, if any. */
  ngrams: hashedNgramsConfig.nullable(),
});

export type TokensConfig = z.infer<typeof tokensConfig>;

/** Names of the files that a featurizer of tokens needs beside its configuration. */
const tokenizerFile = 'tokenizer.json';
const configFile = 'tokenizer_config.json';

/**
 * Token ids, and a mask of 1 for tokens and 0 for padding, both [batch, length]. Batches are padded to one of a few lengths, so that
 * few shapes are compiled. In training some tokens are hidden behind [MASK]. With `ngrams`, also the buckets and weights of
 * hashed n-grams, both [batch, features].
 */
export function tokensFeaturizer(config: TokensConfig, tokenizer: Tokenizer): Featurizer<string> {
  const { ngrams } = config;
  const { padding = 0, unknown, mask: masked = unknown } = tokenizer.special;
  const special = new Set(Object.values(tokenizer.special));
  return {
    kind: 'tokens',
    config,
    files: tokenizerFiles(tokenizer),
    inputs: {
      ids: { dtype: 'int32', shape: ['batch', 'length'] },
      mask: { dtype: 'float32', shape: ['batch', 'length'] },
      ...(ngrams && {
        features: { dtype: 'int32', shape: ['batch', 'features'] },
        weights: { dtype: 'float32', shape: ['batch', 'features'] },
      }),
    },
    longest: config.length,
    size: (text) => tokenizer.encode(text, config.length).length,
    batch(texts, augment) {
      const rows = texts.map((text) => tokenizer.encode(text, config.length));
      const width = paddedLength(
        rows.reduce((n, row) => Math.max(n, row.length), 1),
        config.length,
      );
      const ids = new Int32Array(texts.length * width).fill(padding);
      const mask = new Float32Array(ids.length);
      rows.forEach((row, i) => {
        ids.set(row, i * width);
        mask.fill(1, i * width, i * width + row.length);
      });
      if (augment && config.hidden > 0 && masked !== undefined) {
        const draws = new Float32Array(ids.length);
        random.fillUniform(draws, augment);
        for (let i = 0; i < ids.length; i++) {
          if (draws[i]! < config.hidden && !special.has(ids[i]!)) ids[i] = masked;
        }
      }
      const shape = [texts.length, width];
      return {
        ids: tensor(ids, shape),
        mask: tensor(mask, shape),
        ...(ngrams && ngramTensors(texts, ngrams, 256)),
      };
    },
  };
}

/**
 * A length that cuts at most one in a hundred texts.
 *
 * @param most the largest answer
 */
export function lengthFor(texts: readonly string[], tokenizer: Tokenizer, most: number): number {
  const lengths = texts.map((text) => tokenizer.encode(text, most).length).sort((a, b) => a - b);
  return paddedLength(lengths[Math.floor(0.99 * lengths.length)] ?? most, most);
}

/** The least of the lengths 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, ... that is enough, or the longest. */
function paddedLength(tokens: number, longest: number): number {
  const step = tokens <= 32 ? 8 : 2 ** Math.ceil(Math.log2(tokens)) / 4;
  return Math.min(Math.ceil(tokens / step) * step, longest);
}

/**
 * A saved featurizer of tokens.
 *
 * @param read gives the text of a file that was saved beside the model
 * @throws {UserError} when the tokenizer's files are damaged
 */
export async function restoreTokens(
  config: TokensConfig,
  read: (name: string) => Promise<string>,
): Promise<Featurizer<string>> {
  return tokensFeaturizer(config, await restoreTokenizer(read));
}

/** The files of a tokenizer, by name. */
export function tokenizerFiles({ files }: Tokenizer): Readonly<Record<string, string>> {
  return { [tokenizerFile]: JSON.stringify(files.tokenizer), [configFile]: JSON.stringify(files.config) };
}

/**
 * The tokenizer that was saved beside a model. Runs in Node and in browsers.
 *
 * @param read gives the text of a file
 * @throws {UserError} when a file is damaged
 */
export async function restoreTokenizer(read: (name: string) => Promise<string>): Promise<Tokenizer> {
  const parsed = async (name: string): Promise<TokenizerFiles['config']> => {
    const text = await read(name);
    try {
      const json: unknown = JSON.parse(text);
      if (typeof json === 'object' && json !== null) return { ...json };
    } catch {
      // Reported below.
    }
    throw new UserError(`damaged tokenizer: ${name} is not a JSON object`);
  };
  return makeTokenizer({ tokenizer: await parsed(tokenizerFile), config: await parsed(configFile) });
}
