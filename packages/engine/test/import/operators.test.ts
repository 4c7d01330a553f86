import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { importOnnx, jit, type Tensor, tensor, type Value } from '../../src/index.js';
import { encodeModel } from '../../src/onnx/proto.js';
import { randomFrom, uniform } from '../support/random.js';
import { cases, inputShapes } from './cases.js';

describe.each(Object.entries(cases))('%s', (_, model) => {
  test('gives what the runtime gives', async () => {
    const random = randomFrom(11);
    const inputs = inputShapes(model).map(([name, dims]) => {
      const size = dims.reduce((a, b) => a * b, 1);
      return [name, tensor(Float32Array.from(uniform(random, size)), dims)] as const;
    });
    const session = await InferenceSession.create(encodeModel(model), { logSeverityLevel: 4 });
    const feeds = inputs.map(
      ([name, t]) => [name, new RuntimeTensor('float32', t.data as Float32Array, t.shape)] as const,
    );
    const expected = await session.run(Object.fromEntries(feeds));
    await session.release();
    const imported = importOnnx(model);
    const run = jit((params: Record<string, Value>, given: Record<string, Value>) =>
      imported.apply(params, given),
    );
    const found: Record<string, Tensor> = await run(imported.params, Object.fromEntries(inputs));
    await run.dispose();
    for (const name of imported.outputs) {
      expect(found[name]!.shape).toEqual(expected[name]!.dims);
      const wanted = expected[name]!.data as Float32Array;
      found[name]!.data.forEach((x: number | bigint, i: number) => {
        expect(Number(x)).toBeCloseTo(Number(wanted[i]), 4);
      });
    }
  });
});
