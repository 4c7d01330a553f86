import { expect, test } from 'vitest';
import {
  encodeModel,
  exportOnnx,
  exportSafetensors,
  importOnnx,
  quantizeDynamic,
  tensor,
  toFloat16,
  type Value,
  weights,
} from '../../src/index.js';
import { integers } from '../support/generator.js';
import { relativeError, runModel } from './compare.js';
import { initMlp, initTransformer, languageModel, type Transformer } from './models.js';

const size = { vocabulary: 50, positions: 40, width: 16, layers: 2, heads: 4 };
const inputs = { tokens: { dtype: 'int32', shape: ['batch', 'sequence'] } } as const;
const axes = { sequence: { max: size.positions } };
const params = initTransformer(size);
const model = exportOnnx(
  (p: Transformer<Value>, x: { tokens: Value }) => languageModel(p, size.heads, x.tokens),
  params,
  inputs,
  { axes },
);
const tokens = tensor(Int32Array.from(integers('ids', 3 * 7, 0, size.vocabulary)), [3, 7]);

test('a model that was exported, imported and exported again', async () => {
  const imported = importOnnx(encodeModel(model));
  expect(imported.params['layer.1.up.weight']!.data).toEqual(params.layer[1]!.up.weight.data);
  const again = exportOnnx(
    (p: Record<string, Value>, x: { tokens: Value }) => imported.apply(p, x),
    imported.params,
    inputs,
    { axes },
  );
  expect(again.graph.outputs).toEqual(model.graph.outputs);
  const [before, after] = [await runModel(model, { tokens }), await runModel(again, { tokens })];
  expect(relativeError(after.output!, before.output!)).toBeLessThan(1e-5);
});

test('the form with half-float weights is imported with them as parameters, the 8-bit form refused', () => {
  const imported = importOnnx(encodeModel(toFloat16(model)));
  expect(Object.keys(imported.params)).toHaveLength(
    Object.keys(importOnnx(encodeModel(model)).params).length,
  );
  expect(() => importOnnx(encodeModel(quantizeDynamic(model)))).toThrow(/quantized model has no gradients/);
});

test('parameters as safetensors', () => {
  const mlp = initMlp(4, 3, 2);
  const bytes = exportSafetensors(mlp, { licence: 'MIT' });
  const file = weights.readSafetensors(bytes);
  expect([...file.tensors.keys()].sort()).toEqual(['fc1.bias', 'fc1.weight', 'fc2.bias', 'fc2.weight']);
  expect(file.metadata).toMatchObject({ licence: 'MIT' });
  expect(file.tensors.get('fc1.weight')).toMatchObject({ dtype: 'F32', shape: [3, 4] });
  expect(weights.safetensorsToFloat32(file.read('fc1.weight'))).toEqual(mlp.fc1.weight.data);
  expect(exportSafetensors(initMlp(4, 3, 2), { licence: 'MIT' })).toEqual(bytes);
});
