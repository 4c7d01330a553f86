import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { exportOnnx, importOnnx, type Tensor, tensor, type Value } from '../../src/index.js';
import { encodeModel } from '../../src/onnx/proto.js';
import { importPath } from '../support/parity.js';
import { randomFrom, uniform } from '../support/random.js';

/** Logits of an ONNX file. */
async function logits(model: Uint8Array, inputs: Readonly<Record<string, Tensor>>): Promise<Float32Array> {
  const session = await InferenceSession.create(model, { logSeverityLevel: 4 });
  const feeds = Object.entries(inputs).map(
    ([name, t]) => [name, new RuntimeTensor(t.dtype as 'float32', t.data as Float32Array, t.shape)] as const,
  );
  const { logits } = await session.run(Object.fromEntries(feeds));
  await session.release();
  return logits!.data as Float32Array;
}

const random = randomFrom(3);
const ids = (batch: number, tokens: number) =>
  tensor(
    BigInt64Array.from({ length: batch * tokens }, () => BigInt(Math.floor(random() * 60))),
    [batch, tokens],
  );
const texts = (batch: number, tokens: number) => ({
  input_ids: ids(batch, tokens),
  attention_mask: tensor(new BigInt64Array(batch * tokens).fill(1n), [batch, tokens]),
});
const images = (batch: number) => ({
  images: tensor(Float32Array.from(uniform(random, batch * 3 * 16 * 16)), [batch, 3, 16, 16]),
});

test.each([
  ['bert.onnx', { sequence: { max: 16 } }, [texts(1, 5), texts(3, 16)]],
  ['bert-legacy.onnx', { sequence: { max: 16 } }, [texts(1, 5), texts(3, 16)]],
  ['convnet.onnx', {}, [images(1), images(5)]],
  ['convnet-legacy.onnx', {}, [images(1), images(5)]],
] as const)('%s is written again with its open sizes', async (file, axes, batches) => {
  const original = readFileSync(importPath(file));
  const model = importOnnx(original);
  const inputs = model.inputs.map(
    ({ name, dtype, shape }) => [name, { dtype, shape: shape as (string | number)[] }] as const,
  );
  const written = exportOnnx(
    (params: Record<string, Value>, given: Record<string, Value>) => model.apply(params, given),
    model.params,
    Object.fromEntries(inputs),
    { axes },
  );
  for (const batch of batches) {
    const found = await logits(encodeModel(written), batch);
    const expected = await logits(original, batch);
    expect(found).toHaveLength(expected.length);
    expected.forEach((x, i) => {
      expect(found[i]).toBeCloseTo(x, 4);
    });
  }
});
