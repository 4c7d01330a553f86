import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  exportOnnx,
  type OnnxModel,
  quantizeDynamic,
  saveModel,
  type Tensor,
  type Value,
} from '@tutelage/engine';
import { headWidthOf, type KeyValues, type Llama, llamaWithPast } from '../models/llama.js';
import { explained } from '../runs/file-errors.js';
import { type CausalModel, causalConfig, roleTokens } from './causal-model.js';
import { saveTokenizer } from './tokenizer/save.js';

/**
 * Writes a model for text generation as transformers.js and Hugging Face's optimum lay it out: `onnx/model.onnx` (`dtype: 'fp32'` there),
 * `onnx/model_quantized.onnx` in int8 (`'q8'`), `config.json`, `generation_config.json` and the tokenizer's files.
 *
 * @param inOneFile bytes of weights that a model file may hold; more go to a data file beside it, which `config.json` announces
 * @throws {UserError} when the disk is full, read-only, ...
 */
export async function exportCausalModel(
  model: CausalModel,
  folder: string,
  inOneFile?: number,
): Promise<void> {
  const onnx = causalOnnx(model);
  const forms = { 'model.onnx': onnx, 'model_quantized.onnx': quantizeDynamic(onnx) };
  explained('write the model', folder, () => {
    mkdirSync(join(folder, 'onnx'), { recursive: true });
    const external = Object.entries(forms)
      .filter(([name, form]) => saveModel(join(folder, 'onnx', name), form, inOneFile))
      .map(([name]) => [name, 1]);
    writeJson(join(folder, 'config.json'), {
      ...causalConfig(model),
      ...(external.length > 0 && {
        'transformers.js_config': { use_external_data_format: Object.fromEntries(external) },
      }),
    });
    writeJson(join(folder, 'generation_config.json'), roleTokens(model));
  });
  await saveTokenizer(model.tokenizer, folder);
}

/**
 * A model as ONNX with a cache of keys and values, under the names and axes that Hugging Face's optimum gives them: `input_ids`,
 * `attention_mask`, `position_ids` and `past_key_values.N.key` and `.value` to `logits`, `present.N.key` and `.value`. The past may be
 * empty; rows are padded on the left. Only operators of ONNX itself are in it.
 */
export function causalOnnx({ config, params }: Pick<CausalModel, 'config' | 'params'>): OnnxModel {
  const past = ['batch_size', config.keyValueHeads, 'past_sequence_length', headWidthOf(config)];
  const layers = Array.from({ length: config.layers }, (_, i) => `past_key_values.${i}`);
  const cache = layers.flatMap((name) => [`${name}.key`, `${name}.value`]);
  const ids = { dtype: 'int64', shape: ['batch_size', 'sequence_length'] } as const;
  return exportOnnx(
    (p: Llama<Value>, given: Readonly<Record<string, Value>>) =>
      llamaWithPast(p, config, {
        tokens: given.input_ids!,
        positions: given.position_ids!,
        mask: given.attention_mask!,
        past: layers.map(
          (name): KeyValues<Value> => ({ key: given[`${name}.key`]!, value: given[`${name}.value`]! }),
        ),
      }),
    params as Llama<Tensor>,
    {
      input_ids: ids,
      attention_mask: {
        dtype: 'int64',
        shape: ['batch_size', 'past_sequence_length + sequence_length'],
      },
      position_ids: ids,
      ...Object.fromEntries(cache.map((name) => [name, { dtype: 'float32', shape: past } as const])),
    },
    { portable: true, metadata: { name: 'causal-language-model' } },
  );
}

function writeJson(path: string, json: object): void {
  writeFileSync(path, `${JSON.stringify(json, undefined, 2)}\n`);
}
