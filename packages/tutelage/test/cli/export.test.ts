import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { saveCausalModel } from '../../src/language/causal-model.js';
import { trainByteBpe } from '../../src/language/tokenizer/train.js';
import { initLlama } from '../../src/models/llama.js';
import { tinyConfig } from '../language/tiny-llama.js';
import { tutelage, workFolder } from './built.js';

const work = workFolder();

test('a causal language model is written for transformers.js', async () => {
  const params = initLlama(random.key(1), tinyConfig);
  const tokenizer = trainByteBpe(['one two'], { vocabulary: 260 });
  await saveCausalModel({ config: tinyConfig, params, tokenizer }, join(work.path, 'own'));
  const format = ['--format', 'transformers.js'];
  const { code, stdout, stderr } = await tutelage(['export', 'own', 'out', ...format], work.path);
  expect([code, stdout.trim(), stderr]).toEqual([0, 'out', '']);
  for (const file of ['config.json', 'tokenizer.json', 'onnx/model.onnx', 'onnx/model_quantized.onnx']) {
    expect(existsSync(join(work.path, 'out', file)), file).toBe(true);
  }
  const none = await tutelage(['export', 'none', 'out', ...format], work.path);
  expect(none.code).toBe(1);
  expect(none.stderr).toContain('no such file or folder: none');
});
