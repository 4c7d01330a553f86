import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportSafetensors, leavesOf, nn, random, type Tensor, toNumbers } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { saveTokenizer } from '../../src/language/tokenizer/save.js';
import { trainWordPiece } from '../../src/language/tokenizer/train.js';
import { initEncoder } from '../../src/models/encoder.js';
import { teachClassifier } from '../../src/students/teach.js';
import { textMini } from '../../src/students/text-mini.js';
import { labels, lessons, newRun, silent, temporaryFolder } from './helpers.js';

const folder = temporaryFolder();
const train = lessons(32, 1);

/** A tiny encoder in Hugging Face's layout. */
async function writeEncoder(): Promise<void> {
  const tokenizer = trainWordPiece(train.inputs, { vocabulary: 200 });
  await saveTokenizer(tokenizer, folder);
  const sizes = { positions: 32, width: 16, layers: 1, heads: 2, intermediate: 32 };
  const { embeddings, encoder } = initEncoder(random.key(1), {
    ...sizes,
    vocabulary: tokenizer.vocabularySize,
  });
  const types = { weight: nn.zeros([2, sizes.width]) };
  writeFileSync(
    join(folder, 'model.safetensors'),
    exportSafetensors({ embeddings: { ...embeddings, token_type_embeddings: types }, encoder }),
  );
  const config = {
    model_type: 'bert',
    vocab_size: tokenizer.vocabularySize,
    max_position_embeddings: sizes.positions,
    hidden_size: sizes.width,
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    intermediate_size: sizes.intermediate,
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
}

test('fine-tunes a pre-trained encoder but for its embeddings', async () => {
  await writeEncoder();
  const student = await textMini(folder).create(train.inputs, labels, random.key(2));
  expect(student.featurizer.longest).toBeLessThanOrEqual(32);
  const { params } = await teachClassifier({
    student: { ...student, plan: { ...student.plan, epochs: 1, batchSize: 16 } },
    lessons: train,
    validation: { inputs: [], classes: new Int32Array() },
    distillation: { temperature: 1, weight: 0 },
    seed: 1,
    run: newRun(temporaryFolder()),
    progress: silent(),
    checkpointEvery: { seconds: 1000 },
    threads: 1,
  });
  const after = new Map(leavesOf<Tensor>(params).map(({ path, leaf }) => [path, toNumbers(leaf)]));
  for (const { path, leaf } of leavesOf<Tensor>(student.net.params)) {
    const now = after.get(path)!;
    const change = Math.max(...toNumbers(leaf).map((x, i) => Math.abs(x - now[i]!)));
    if (path.startsWith('bert.embeddings')) expect(change, path).toBe(0);
    // What a key adds to the scores of all keys alike changes nothing.
    else if (!path.endsWith('key.bias')) expect(change, path).toBeGreaterThan(1e-6);
  }
});
