import { describe, expect, it } from 'vitest';
import { bindOptimizer } from '../../src/optim/bind.js';
import { adagrad, adam, adamw, lion, type Optimizer, sgd } from '../../src/optim/optimizer.js';
import { distance, torchFixture } from './fixture.js';

const ours: Record<string, Optimizer> = {
  sgd: sgd({ learningRate: 0.05, weightDecay: 0.01 }),
  momentum: sgd({ learningRate: 0.05, momentum: 0.9, dampening: 0.3, weightDecay: 0.01 }),
  nesterov: sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  adam: adam({ learningRate: 0.02, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.1 }),
  adamw: adamw({ learningRate: 0.02, weightDecay: 0.3 }),
  adagrad: adagrad({
    learningRate: 0.1,
    learningRateDecay: 0.05,
    initialAccumulator: 0.2,
    weightDecay: 0.01,
  }),
  lion: lion({ learningRate: 0.01, weightDecay: 0.2 }),
};

describe('twenty updates against PyTorch in float64', () => {
  const { initial, gradients, final } = torchFixture;
  for (const [name, expected] of Object.entries(final)) {
    it(name, () => {
      const bound = bindOptimizer(
        ours[name]!,
        initial.map(({ length }, i) => ({ name: `p${i}`, size: length })),
      );
      const tensors = [...bound.tensors.values()];
      tensors.forEach(({ parameter }, i) => {
        parameter.set(initial[i]!);
      });
      for (const step of gradients) {
        tensors.forEach(({ gradient }, i) => {
          gradient!.set(step[i]!);
        });
        bound.step();
      }
      tensors.forEach(({ parameter }, i) => {
        expect(distance(parameter, expected[i]!)).toBeLessThan(2e-6);
      });
    });
  }
});
