import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { add, exportSafetensors, jit, nn, random, type Tensor, tensor, type Value } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { safetensorsBert } from '../../src/language/bert-model.js';
import { loadTokenizer } from '../../src/language/tokenizer/load.js';
import { embedTexts } from '../../src/models/dual-encoder.js';
import { type Encoder, initEncoder } from '../../src/models/encoder.js';
import { tokensFeaturizer } from '../../src/students/tokens.js';
import { temporaryFolder } from './helpers.js';

const root = temporaryFolder();
const sizes = { vocabulary: 11, positions: 6, width: 8, layers: 2, heads: 2, intermediate: 12 };
const config = {
  model_type: 'bert',
  vocab_size: 11,
  max_position_embeddings: 6,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 12,
};
const key = random.key(2);
const encoder = initEncoder(key, sizes);
const types = nn.normal(1)(random.foldIn(key, 'types'), [2, 8]);

function folder(name: string, description: object, prefix: string): string {
  const path = join(root, name);
  mkdirSync(path);
  writeFileSync(join(path, 'config.json'), JSON.stringify(description));
  const { embeddings, ...rest } = encoder;
  const own = { embeddings: { ...embeddings, token_type_embeddings: { weight: types } }, ...rest };
  writeFileSync(join(path, 'model.safetensors'), exportSafetensors(prefix ? { [prefix]: own } : own));
  return path;
}

test.each(['', 'bert'])('reads an encoder, token types added to positions: prefix %j', async (prefix) => {
  const read = await safetensorsBert(folder(`plain${prefix}`, config, prefix));
  expect(read.config).toEqual(sizes);
  expect(read.params.encoder).toEqual(encoder.encoder);
  expect(read.params.embeddings.word_embeddings).toEqual(encoder.embeddings.word_embeddings);
  const first = tensor(types.data.slice(0, 8) as Float32Array);
  const sum = await jit((a: Value, b: Value) => add(a, b))(
    encoder.embeddings.position_embeddings.weight,
    first,
  );
  expect(read.params.embeddings.position_embeddings.weight.data).toEqual(sum.data);
});

test('refuses another architecture, missing weights and weights of another size', async () => {
  await expect(safetensorsBert(folder('relu', { ...config, hidden_act: 'relu' }, ''))).rejects.toThrow(
    'not the configuration of a supported BERT model',
  );
  await expect(safetensorsBert(folder('wide', { ...config, intermediate_size: 16 }, ''))).rejects.toThrow(
    'weight of the wrong shape: encoder.layer.0.intermediate.dense.weight is [12, 8]',
  );
  const empty = join(root, 'empty');
  mkdirSync(empty);
  writeFileSync(join(empty, 'config.json'), JSON.stringify(config));
  await expect(safetensorsBert(empty)).rejects.toThrow('no weights in the folder');
});

const real = process.env.TUTELAGE_MINILM;

test.skipIf(real === undefined)(
  'MiniLM itself knows what means the same (needs TUTELAGE_MINILM)',
  async () => {
    const { config, params } = await safetensorsBert(real!);
    const { batch } = tokensFeaturizer({ length: 64, hidden: 0, ngrams: null }, await loadTokenizer(real!));
    const embed = jit((p: Encoder<Value>, x: { ids: Value; mask: Value }) =>
      embedTexts(p, config, { tokens: x.ids, mask: x.mask }),
    );
    const texts = [
      'That is a happy person',
      'That is a happy dog',
      'That is a very happy person',
      'Today is a sunny day',
    ];
    const { data } = await embed(params, batch(texts) as { ids: Tensor; mask: Tensor });
    const vectors = texts.map((_, i) => (data as Float32Array).slice(384 * i, 384 * (i + 1)));
    const similarity = (j: number) => vectors[0]!.reduce((sum, x, i) => sum + x * vectors[j]![i]!, 0);
    // As the model's own library computes them.
    expect(similarity(1)).toBeCloseTo(0.695, 2);
    expect(similarity(2)).toBeCloseTo(0.943, 2);
    expect(similarity(3)).toBeCloseTo(0.257, 2);
    await embed.dispose();
  },
);
