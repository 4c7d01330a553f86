import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Tensor, tensor, weights } from '@tutelage/engine';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { Encoder, EncoderConfig } from '../models/encoder.js';
import { readJson } from './json-file.js';
import { checkedWeight } from './llama-weights.js';

/** An encoder as it comes from files. */
export interface BertModel {
  readonly config: EncoderConfig;
  readonly params: Encoder<Tensor>;
}

const size = z.int().positive();
const configSchema = z.object({
  model_type: z.literal('bert'),
  vocab_size: size,
  max_position_embeddings: size,
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  intermediate_size: size,
  hidden_act: z.literal('gelu').default('gelu'),
  position_embedding_type: z.literal('absolute').default('absolute'),
  layer_norm_eps: z.literal(1e-12).default(1e-12),
});

/**
 * A BERT encoder in a folder as Hugging Face lays it out: `config.json` with `model.safetensors`. All tokens are taken for those of
 * a first text: the embedding of that type is added to the positions. The pooler is left out.
 *
 * @throws {UserError} when a file is missing or of another architecture
 * @throws {ModelFileError} when the weight file is damaged
 */
export async function safetensorsBert(folder: string): Promise<BertModel> {
  const read = configSchema.safeParse(await readJson(join(folder, 'config.json')));
  if (!read.success) {
    throw new UserError(`not the configuration of a supported BERT model: ${folder}`, {
      detail: z.prettifyError(read.error),
    });
  }
  const c = read.data;
  const config: EncoderConfig = {
    vocabulary: c.vocab_size,
    positions: c.max_position_embeddings,
    width: c.hidden_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    intermediate: c.intermediate_size,
  };
  const path = join(folder, 'model.safetensors');
  if (!existsSync(path))
    throw new UserError(`no weights in the folder: ${folder}`, { hint: `needed: ${path}` });
  const file = weights.openSafetensors(path);
  try {
    // Models with a head, as BertForMaskedLM, have the encoder under a name of its own.
    const prefix = file.tensors.has('embeddings.word_embeddings.weight') ? '' : 'bert.';
    const params = encoderFrom(config, (name, shape) => {
      const found = file.read(prefix + name);
      return checkedWeight(name, weights.safetensorsToFloat32(found), found.shape, shape);
    });
    return { config, params };
  } finally {
    file.close();
  }
}

function encoderFrom(
  { vocabulary, positions, width, layers, intermediate }: EncoderConfig,
  read: (name: string, shape: readonly number[]) => Tensor,
): Encoder<Tensor> {
  const norm = (name: string) => ({
    weight: read(`${name}.weight`, [width]),
    bias: read(`${name}.bias`, [width]),
  });
  const linear = (name: string, inputs: number, outputs: number) => ({
    weight: read(`${name}.weight`, [outputs, inputs]),
    bias: read(`${name}.bias`, [outputs]),
  });
  const types = read('embeddings.token_type_embeddings.weight', [2, width]);
  const places = read('embeddings.position_embeddings.weight', [positions, width]);
  return {
    embeddings: {
      word_embeddings: { weight: read('embeddings.word_embeddings.weight', [vocabulary, width]) },
      position_embeddings: {
        weight: tensor(
          Float32Array.from(places.data as Float32Array, (x, i) => x + Number(types.data[i % width])),
          [positions, width],
        ),
      },
      LayerNorm: norm('embeddings.LayerNorm'),
    },
    encoder: {
      layer: Array.from({ length: layers }, (_, i) => {
        const at = `encoder.layer.${i}`;
        return {
          attention: {
            self: {
              query: linear(`${at}.attention.self.query`, width, width),
              key: linear(`${at}.attention.self.key`, width, width),
              value: linear(`${at}.attention.self.value`, width, width),
            },
            output: {
              dense: linear(`${at}.attention.output.dense`, width, width),
              LayerNorm: norm(`${at}.attention.output.LayerNorm`),
            },
          },
          intermediate: { dense: linear(`${at}.intermediate.dense`, width, intermediate) },
          output: {
            dense: linear(`${at}.output.dense`, intermediate, width),
            LayerNorm: norm(`${at}.output.LayerNorm`),
          },
        };
      }),
    },
  };
}
