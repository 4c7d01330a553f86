import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../core/errors.js';
import { readJson } from '../json-file.js';
import { type JsonObject, makeTokenizer, type Tokenizer } from './tokenizer.js';

/**
 * The tokenizer in a folder: `tokenizer.json`, and `tokenizer_config.json` if there is one.
 *
 * @throws {UserError} when a file can't be read or isn't a tokenizer's
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const configPath = join(folder, 'tokenizer_config.json');
  const tokenizer = await readObject(join(folder, 'tokenizer.json'));
  const config = existsSync(configPath) ? await readObject(configPath) : {};
  return makeTokenizer({ tokenizer: { added_tokens: [], ...tokenizer }, config });
}

async function readObject(path: string): Promise<JsonObject> {
  const json = await readJson(path);
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json };
  throw new UserError(`not a JSON object: ${path}`);
}
