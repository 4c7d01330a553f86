import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  createTrainer,
  importOnnx,
  mean,
  nn,
  optim,
  random,
  softmaxCrossEntropy,
  type Tensor,
  type Value,
} from '../../src/index.js';
import { batchAt, importPath, loadImport } from '../support/parity.js';

type Params = Record<string, Value>;
type Batch = { readonly inputs: Record<string, Value>; readonly labels: Value };

const fixture = loadImport('bert');
const steps = 30;
const optimizer = optim.adamw({ learningRate: 0.01 });
const settings = { optimizer, threads: 1 } as const;

function batch(step: number): { inputs: Record<string, Tensor>; labels: Tensor } {
  const all = batchAt(fixture, step);
  const inputs = Object.fromEntries(fixture.inputs.map((name) => [name, all.get(name)!]));
  return { inputs, labels: all.get('labels')! };
}

describe.each(fixture.files.map(({ file }) => file))('%s', (file) => {
  const model = importOnnx(readFileSync(importPath(file)));
  const loss = (params: Params, { inputs, labels }: Batch) =>
    mean(softmaxCrossEntropy(model.apply(params, inputs).logits!, labels).loss);

  test('is fine-tuned in part: what is frozen stays as it was', async () => {
    const frozen = (name: string) => !name.startsWith('classifier');
    const trainer = createTrainer({
      params: model.params,
      loss,
      groups: [{ match: frozen, frozen: true }],
      ...settings,
    });
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) losses.push((await trainer.step(batch(step))).loss);
    expect(losses.at(-1)).toBeLessThan(losses[0]! * 0.9);
    for (const [name, before] of Object.entries(model.params)) {
      if (frozen(name)) expect(trainer.params[name]!.data, name).toEqual(before.data);
      else expect(trainer.params[name]!.data, name).not.toEqual(before.data);
    }
    await trainer.dispose();
  });

  test('is fine-tuned by adapters alone: the weights under them stay as they were', async () => {
    const matrices = Object.fromEntries(
      Object.entries(model.params).filter(
        ([name, { shape }]) => shape.length === 2 && !name.includes('embed'),
      ),
    );
    const adapters = nn.initLora(random.key(1), matrices, /./, 2);
    expect(Object.keys(adapters).length).toBeGreaterThan(10);
    const trainer = createTrainer({
      params: { weights: matrices, adapters },
      loss: (p: { weights: Params; adapters: nn.Lora<Value> }, b: Batch) =>
        loss(nn.withLora(p.weights, p.adapters, 4), b),
      groups: [{ match: /^weights/, frozen: true }],
      ...settings,
    });
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) losses.push((await trainer.step(batch(step))).loss);
    // Adapters change nothing at first.
    expect(losses[0]).toBeCloseTo(fixture.losses[0]!, 4);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    for (const [name, before] of Object.entries(matrices)) {
      expect(trainer.params.weights[name]!.data, name).toEqual(before.data);
    }
    await trainer.dispose();
  });
});
