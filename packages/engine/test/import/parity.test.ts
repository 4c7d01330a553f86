import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  createTrainer,
  importOnnx,
  jit,
  mean,
  optim,
  softmaxCrossEntropy,
  type Tensor,
  toNumbers,
  type Value,
} from '../../src/index.js';
import { batchAt, type ImportFixture, importPath, loadImport } from '../support/parity.js';

type Params = Record<string, Value>;
type Batch = { readonly inputs: Record<string, Value>; readonly labels: Value };

const models = (['bert', 'convnet'] as const).flatMap((name) => {
  const fixture = loadImport(name);
  return fixture.files.map((file) => ({ name: file.file, fixture, file }));
});

function batch(fixture: ImportFixture, step: number): { inputs: Record<string, Tensor>; labels: Tensor } {
  const all = batchAt(fixture, step);
  return {
    inputs: Object.fromEntries(fixture.inputs.map((name) => [name, all.get(name)!])),
    labels: all.get('labels')!,
  };
}

describe.each(models)('$name', ({ fixture, file }) => {
  const model = importOnnx(readFileSync(importPath(file.file)));

  test('has for parameters what PyTorch had', () => {
    const expected = Object.values(file.parameters).map(({ initializer }) => initializer);
    expect(Object.keys(model.params).sort()).toEqual(expected.sort());
  });

  test("gives PyTorch's outputs", async () => {
    const forward = jit((params: Params, inputs: Record<string, Value>) => model.apply(params, inputs), {
      threads: 1,
    });
    const { logits } = await forward(model.params, batch(fixture, 0).inputs);
    toNumbers(logits!).forEach((x, i) => {
      expect(Math.abs(x - fixture.outputs[i]!)).toBeLessThan(1e-5);
    });
    await forward.dispose();
  });

  test("is fine-tuned with PyTorch's losses", async () => {
    const { learningRate, betas, epsilon, weightDecay } = fixture.optimizer;
    const trainer = createTrainer({
      params: model.params,
      loss: (params: Params, { inputs, labels }: Batch) =>
        mean(softmaxCrossEntropy(model.apply(params, inputs).logits!, labels).loss),
      optimizer: optim.adamw({ learningRate, beta1: betas[0], beta2: betas[1], epsilon, weightDecay }),
      threads: 1,
    });
    for (const [step, expected] of fixture.losses.entries()) {
      const { loss } = await trainer.step(batch(fixture, step));
      expect(Math.abs(loss - expected) / expected, `step ${step}`).toBeLessThan(1e-4);
    }
    await trainer.dispose();
  });
});
