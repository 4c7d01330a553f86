import {
  add,
  type Concrete,
  createTrainer,
  mul,
  optim,
  slice,
  type Tensor,
  type Value,
} from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import {
  batchAt,
  initialParameters,
  loadParity,
  type ParityName,
} from '../../../engine/test/support/parity.js';
import { type Llama, type LlamaConfig, llama } from '../../src/models/llama.js';
import { aggregate, klEstimate, policyGradient } from '../../src/objectives/policy.js';
import { dpo, preferenceMargins } from '../../src/objectives/preference.js';
import { sequenceLogProbabilities, supervised, tokenLogProbabilities } from '../../src/objectives/tokens.js';
import { nested } from '../models/nested.js';

type Batch = Readonly<Record<string, Value>>;

const halves = (rows: Value) => {
  const middle = rows.dim(0) / 2;
  return {
    chosen: slice(rows, { axis: 0, end: middle }),
    rejected: slice(rows, { axis: 0, start: middle }),
  };
};

/** The losses of `peers/parity`, from the logits of its batches. */
const objectives: Partial<Record<ParityName, (logits: Value, batch: Batch) => Value>> = {
  sft: (logits, { next, counted }) => supervised(logits, { next: next!, counted: counted! }),
  dpo: (logits, { next, counted, reference }) => {
    const own = sequenceLogProbabilities(tokenLogProbabilities(logits, next!), counted!);
    return dpo(preferenceMargins(halves(own), halves(reference!)), { beta: 0.1 });
  },
  grpo: (logits, { next, counted, drawn, reference, advantages }) => {
    const current = tokenLogProbabilities(logits, next!);
    const rollouts = { drawn: drawn!, advantages: advantages!, counted: counted! };
    const gain = policyGradient(current, rollouts, {
      clip: { low: 0.2, high: 0.28 },
      aggregation: 'sequence',
    });
    const kl = aggregate(klEstimate(current, reference!), counted!, 'sequence');
    return add(gain, mul(kl, 0.04));
  },
};

describe.each(['sft', 'dpo', 'grpo'] as const)('%s', (name) => {
  const fixture = loadParity(name);

  test('losses and gradients follow PyTorch for 20 steps', async () => {
    const { learningRate, betas, epsilon, weightDecay } = fixture.optimizer;
    const config = fixture.config as unknown as LlamaConfig;
    const trainer = createTrainer({
      params: nested(initialParameters(fixture)) as Concrete<Llama<Value>>,
      loss: (p: Llama<Value>, batch: Batch) => objectives[name]!(llama(p, config, batch.tokens!), batch),
      optimizer: optim.adamw({ learningRate, beta1: betas[0], beta2: betas[1], epsilon, weightDecay }),
      threads: 1,
    });
    expect(fixture.losses).toHaveLength(20);
    for (const [step, loss] of fixture.losses.entries()) {
      const batch = Object.fromEntries(batchAt(fixture, step)) as Readonly<Record<string, Tensor>>;
      const found = await trainer.step(batch);
      const norm = fixture.stepNorms[step]!;
      expect(Math.abs(found.loss - loss), `loss of step ${step}`).toBeLessThan(
        1e-4 * Math.max(0.1, Math.abs(loss)),
      );
      expect(Math.abs(found.gradientNorm / norm - 1), `gradient of step ${step}`).toBeLessThan(1e-3);
    }
    await trainer.dispose();
  });
});
