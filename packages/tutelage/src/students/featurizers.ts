import type { z } from 'zod';
import type { Json } from '../core/curriculum.js';
import { UserError } from '../core/errors.js';
import type { Featurizer } from './classifier.js';
import { hashedNgramsConfig, hashedNgramsFeaturizer } from './hashed-ngrams.js';
import { pixelsConfig, pixelsFeaturizer } from './pixels.js';
import { restoreTokens, tokensConfig } from './tokens.js';
import { restoreWordBag, wordBagConfig } from './word-bag.js';

export { restoreTokenizer } from './tokens.js';

/** Reads a text file that was saved beside the model; in a browser this fetches it. */
export type ReadFile = (name: string) => Promise<string>;

/** What a student takes: texts, or pixels of height x width x channels bytes. */
export interface InputTypes {
  readonly text: string;
  readonly image: Uint8Array;
}

export type InputKind = keyof InputTypes;

/** A featurizer with the kind of its inputs. */
export type AnyFeaturizer = {
  readonly [K in InputKind]: { readonly input: K; readonly featurizer: Featurizer<InputTypes[K]> };
}[InputKind];

type Restore = (config: unknown, read: ReadFile) => Promise<AnyFeaturizer>;

function text<C>(
  schema: z.ZodType<C>,
  create: (config: C, read: ReadFile) => Featurizer<string> | Promise<Featurizer<string>>,
): Restore {
  return async (config, read) => ({
    input: 'text',
    featurizer: await create(checkedConfig(schema, config), read),
  });
}

function image<C>(schema: z.ZodType<C>, create: (config: C) => Featurizer<Uint8Array>): Restore {
  return async (config) => ({ input: 'image', featurizer: create(checkedConfig(schema, config)) });
}

/** Every kind of featurizer. One that needs files, as a tokenizer, reads them under the names that its `files` have. */
const kinds: Readonly<Record<string, Restore>> = {
  'hashed-ngrams': text(hashedNgramsConfig, hashedNgramsFeaturizer),
  tokens: text(tokensConfig, restoreTokens),
  'word-bag': text(wordBagConfig, restoreWordBag),
  pixels: image(pixelsConfig, pixelsFeaturizer),
};

/**
 * Makes a featurizer from what was saved of it. Runs in Node and in browsers.
 *
 * @throws {UserError} for a kind that is not known, or a configuration that does not fit it
 */
export async function restoreFeaturizer(
  saved: { readonly kind: string; readonly config: Json },
  read: ReadFile,
): Promise<AnyFeaturizer> {
  const restore = Object.hasOwn(kinds, saved.kind) ? kinds[saved.kind] : undefined;
  if (restore) return restore(saved.config, read);
  throw new UserError(`unknown featurizer: ${saved.kind}`, {
    detail: `known are ${Object.keys(kinds).join(', ')}`,
    hint: 'the student may have been made by a newer version: update tutelage',
  });
}

function checkedConfig<C>(schema: z.ZodType<C>, config: unknown): C {
  const checked = schema.safeParse(config);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new UserError(`damaged configuration of the featurizer: ${issue?.path.join('.')}: ${issue?.message}`);
}
