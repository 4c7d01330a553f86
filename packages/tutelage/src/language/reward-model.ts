import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportSafetensors, type Tensor, type Tree } from '@tutelage/engine';
import type { LlamaScorer } from '../models/llama.js';
import { llamaSizes } from './causal-model.js';
import type { LlamaFileConfig } from './llama-weights.js';
import { architectureFor, familyOf } from './llama-weights.js';
import { safetensorsScorer } from './safetensors-model.js';
import { loadTokenizer } from './tokenizer/load.js';
import { saveTokenizer } from './tokenizer/save.js';
import type { Tokenizer } from './tokenizer/tokenizer.js';

/** A language model that says by one number how good a text is, with its tokenizer. */
export interface RewardModel {
  readonly config: LlamaFileConfig;
  readonly params: LlamaScorer<Tensor>;
  readonly tokenizer: Tokenizer;
}

/**
 * A reward model in a folder as Hugging Face lays it out: `LlamaForSequenceClassification` with one label.
 *
 * @throws {UserError} when files are missing or hold something else
 * @throws {ModelFileError} when a weight file is damaged
 */
export async function openRewardModel(folder: string): Promise<RewardModel> {
  return { ...(await safetensorsScorer(folder)), tokenizer: await loadTokenizer(folder) };
}

/** Writes a reward model as Hugging Face lays it out: `config.json`, `model.safetensors`, and the tokenizer's files. */
export async function saveRewardModel(model: RewardModel, folder: string): Promise<void> {
  const { pad_token_id, ...sizes } = llamaSizes(model);
  const config = {
    architectures: [architectureFor('SequenceClassification', familyOf(model.params))],
    ...sizes,
    // Transformers reads the last token that is no padding: the end of an answer is to be read.
    ...(pad_token_id !== sizes.eos_token_id && { pad_token_id }),
    id2label: { 0: 'reward' },
    label2id: { reward: 0 },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), `${JSON.stringify(config, undefined, 2)}\n`);
  const properties = { format: 'pt' };
  await writeFile(
    join(folder, 'model.safetensors'),
    exportSafetensors(model.params as Tree<Tensor>, { properties }),
  );
  await saveTokenizer(model.tokenizer, folder);
}
