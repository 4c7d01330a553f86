import { add, crossEntropy, type optim, type Tensor, type Value } from '@tutelage/engine';
import { distillation } from '../objectives/distillation.js';
import type { Pairs } from '../tasks/modality-pairs.js';
import { fit } from './fit.js';
import { logitsOf, type PairBatch, type PairNets, pairBatch, roles } from './pair-nets.js';

export interface MutualLearning {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: optim.Optimizer;
  readonly temperature: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/**
 * Teaches nets of a pair's modalities together: each learns the labels, and from each of the others, whose answers are not held fixed
 * (deep mutual learning, Zhang et al. 2018, without its stop of the gradient).
 */
export async function learnMutually(
  pairs: Pairs,
  start: PairNets<Tensor>,
  { temperature, ...training }: MutualLearning,
): Promise<PairNets<Tensor>> {
  const { params } = await fit<PairNets<Value>, Record<string, never>, PairBatch>({
    ...training,
    net: { params: start, state: {} },
    loss: (nets, batch) => {
      const all = roles.map((role) => logitsOf(role, nets[role], batch));
      const labels = all.map((logits) => crossEntropy(logits, batch.y));
      const mutual = all.flatMap((own) =>
        all.filter((other) => other !== own).map((other) => distillation(own, other, { temperature })),
      );
      return [[...labels, ...mutual].reduce((a, b) => add(a, b)), {}];
    },
    rows: pairs.count,
    batch: (rows) => pairBatch(pairs, rows),
  });
  return params as PairNets<Tensor>;
}
