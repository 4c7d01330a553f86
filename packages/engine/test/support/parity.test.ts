import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { batchAt, importPath, initialParameters, loadImport, loadParity, type TensorData } from './parity.js';

const names = ['mlp', 'convnet', 'vit', 'gpt', 'gru', 'dual-encoder'] as const;

describe.each(names)('the %s fixture', (name) => {
  const fixture = loadParity(name);

  it('records a hundred losses that fall', () => {
    expect(fixture.losses).toHaveLength(100);
    expect(fixture.losses.at(-1)).toBeLessThan(fixture.losses[0]! / 2);
    expect(fixture.rounding).toBeLessThan(2.5e-5);
  });

  it('materialises tensors of the stated shapes', () => {
    const tensors = [...initialParameters(fixture).values(), ...batchAt(fixture, 0).values()];
    for (const { shape, data } of tensors) {
      expect(data).toHaveLength(shape.reduce((a, b) => a * b, 1));
    }
  });

  it('names known parameters in its checksums', () => {
    const parameters = new Set(initialParameters(fixture).keys());
    expect(Object.keys(fixture.gradientNorms)).toEqual([...parameters]);
    for (const key of Object.keys(fixture.final)) expect(parameters).toContain(key);
  });

  it('alternates between two different batches', () => {
    expect(batchAt(fixture, 2)).toEqual(batchAt(fixture, 0));
    expect(batchAt(fixture, 1)).not.toEqual(batchAt(fixture, 0));
  });
});

describe.each(['bert', 'convnet'] as const)('the import of %s', (name) => {
  const fixture = loadImport(name);

  it('records fifty losses that fall', () => {
    expect(fixture.losses).toHaveLength(50);
    expect(fixture.losses.at(-1)).toBeLessThan(fixture.losses[0]! / 2);
    expect(fixture.rounding).toBeLessThan(2.5e-5);
  });

  it.each(fixture.files)('gives the stored outputs on the first batch: $file', async ({ file }) => {
    const session = await InferenceSession.create(importPath(file));
    const batch = batchAt(fixture, 0);
    const feeds = fixture.inputs.map((input) => {
      const { dtype, data, shape } = batch.get(input)!;
      return [input, new Tensor(dtype, data, shape)] as const;
    });
    const { logits } = await session.run(Object.fromEntries(feeds));
    await session.release();
    const found = [...(logits!.data as Float32Array)];
    expect(found).toHaveLength(fixture.outputs.length);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(fixture.outputs[i]!, 5);
    });
  });
});

it('gives the first loss that PyTorch found for the multi-layer perceptron', () => {
  const fixture = loadParity('mlp');
  const parameters = initialParameters(fixture);
  const batch = batchAt(fixture, 0);
  const linear = (input: readonly number[][], layer: string): number[][] => {
    const weight = rows(parameters.get(`${layer}.weight`)!);
    const [bias] = rows(parameters.get(`${layer}.bias`)!, 1);
    return input.map((x) => weight.map((w, j) => w.reduce((sum, wk, k) => sum + wk * x[k]!, bias![j]!)));
  };
  const gelu = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  const hidden1 = linear(rows(batch.get('features')!), 'fc1').map((row) => row.map(gelu));
  const hidden2 = linear(hidden1, 'fc2').map((row) => row.map(gelu));
  const logits = linear(hidden2, 'fc3');
  const labels = [...batch.get('labels')!.data].map(Number);
  const losses = logits.map(
    (row, i) => Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0)) - row[labels[i]!]!,
  );
  const mean = losses.reduce((a, b) => a + b, 0) / losses.length;
  expect(mean).toBeCloseTo(fixture.losses[0]!, 5);
});

/** A tensor's rows; a vector is taken as `count` rows. */
function rows({ shape, data }: TensorData, count = shape[0]!): number[][] {
  const width = data.length / count;
  return Array.from({ length: count }, (_, r) =>
    Array.from(data.subarray(r * width, (r + 1) * width) as Iterable<number | bigint>, Number),
  );
}
