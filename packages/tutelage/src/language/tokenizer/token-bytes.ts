import { UserError } from '../../core/errors.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * The bytes of UTF-8 that each token of a byte-level tokenizer stands for, by id: its vocabulary has one character a byte (Radford et
 * al. 2019). Special tokens stand for none.
 *
 * @throws {UserError} when the tokenizer's vocabulary can't be read
 */
export function tokenBytes({ files, vocabularySize, special }: Tokenizer): Uint16Array {
  const { model } = files.tokenizer as { readonly model?: { readonly vocab?: unknown } };
  if (typeof model?.vocab !== 'object' || model.vocab === null || Array.isArray(model.vocab)) {
    throw new UserError('not a byte-level tokenizer: it has no vocabulary of tokens and ids');
  }
  const bytes = new Uint16Array(vocabularySize);
  for (const [token, id] of Object.entries(model.vocab)) bytes[Number(id)] = token.length;
  for (const id of Object.values(special)) bytes[id] = 0;
  return bytes;
}
