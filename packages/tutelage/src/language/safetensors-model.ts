import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Tensor, weights } from '@tutelage/engine';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { LlamaScorer } from '../models/llama.js';
import { readJson } from './json-file.js';
import {
  architectureFor,
  checkedWeight,
  type LlamaFileConfig,
  type LlamaModel,
  type ReadWeight,
  readLlamaConfig,
  readLlamaParams,
} from './llama-weights.js';

/**
 * A LLaMA or Qwen model in a folder as Hugging Face lays it out: `config.json` with `model.safetensors`, or with its shards and
 * their index.
 *
 * @throws {UserError} when a file is missing or of another architecture
 * @throws {ModelFileError} when the weight file is damaged
 */
export async function safetensorsLlama(folder: string): Promise<LlamaModel> {
  const { config, layout } = readLlamaConfig(await readJson(join(folder, 'config.json')));
  return { config, params: readWeights(folder, (read) => readLlamaParams(config, layout, read)) };
}

/**
 * A LLaMA model with a scalar head, `LlamaForSequenceClassification` (or Qwen's) with one label, in such a folder.
 *
 * @throws {UserError} when a file is missing or of another architecture
 * @throws {ModelFileError} when the weight file is damaged
 */
export async function safetensorsScorer(
  folder: string,
): Promise<{ readonly config: LlamaFileConfig; readonly params: LlamaScorer<Tensor> }> {
  const json = await readJson(join(folder, 'config.json'));
  const { config, layout } = readLlamaConfig(json);
  const { architectures } = z.object({ architectures: z.array(z.string()).default([]) }).parse(json);
  const wanted = architectureFor('SequenceClassification', layout.family);
  if (!architectures.includes(wanted)) {
    throw new UserError(`not a reward model: ${folder}`, {
      detail: `its architecture is ${architectures.join(', ') || 'not named'}, not ${wanted}`,
    });
  }
  const params = readWeights(folder, (read) => ({
    model: readLlamaParams(config, { ...layout, tied: true }, read).model,
    score: { weight: read('score.weight', [1, config.width]) },
  }));
  return { config, params };
}

function readWeights<P>(folder: string, build: (read: ReadWeight) => P): P {
  const names = ['model.safetensors', 'model.safetensors.index.json'];
  const path = names.map((name) => join(folder, name)).find((file) => existsSync(file));
  if (path === undefined)
    throw new UserError(`no weights in the folder: ${folder}`, { hint: `needed: ${names.join(' or ')}` });
  const file = weights.openSafetensors(path);
  try {
    return build((name, shape) => {
      const found = file.read(name);
      return checkedWeight(name, weights.safetensorsToFloat32(found), found.shape, shape);
    });
  } finally {
    file.close();
  }
}
