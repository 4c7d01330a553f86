import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { weights } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import { readJson } from './json-file.js';
import { checkedWeight, type LlamaModel, readLlamaConfig, readLlamaParams } from './llama-weights.js';

/**
 * A LLaMA model in a folder as Hugging Face lays it out: `config.json` with `model.safetensors`, or with its shards and
 * their index.
 *
 * @throws {UserError} when a file is missing or of another architecture
 * @throws {ModelFileError} when the weight file is damaged
 */
export async function safetensorsLlama(folder: string): Promise<LlamaModel> {
  const { config, tied } = readLlamaConfig(await readJson(join(folder, 'config.json')));
  const names = ['model.safetensors', 'model.safetensors.index.json'];
  const path = names.map((name) => join(folder, name)).find((file) => existsSync(file));
  if (path === undefined)
    throw new UserError(`no weights in the folder: ${folder}`, { hint: `needed: ${names.join(' or ')}` });
  const file = weights.openSafetensors(path);
  try {
    const params = readLlamaParams(config, tied, (name, shape) => {
      const found = file.read(name);
      return checkedWeight(name, weights.safetensorsToFloat32(found), found.shape, shape);
    });
    return { config, params };
  } finally {
    file.close();
  }
}
