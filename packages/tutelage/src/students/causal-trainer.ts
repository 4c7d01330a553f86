import type { Value } from '@tutelage/engine';
import type { CausalModel } from '../language/causal-model.js';
import { type Llama, llama } from '../models/llama.js';
import { type AdaptedTrainer, type AdaptedTraining, adaptedTrainer } from './adapted-trainer.js';

/** What every batch of a causal language model has; objectives add what they need. */
export interface CausalBatch {
  /** Ids that the model reads, [rows, length]. */
  readonly tokens: Value;
  /** Where rows hold several texts: their numbers, [rows, length]. */
  readonly segments?: Value;
}

export interface CausalTrainerOptions<B extends CausalBatch> extends AdaptedTraining {
  readonly model: Pick<CausalModel, 'config' | 'params'>;
  /** The loss of a batch from the logits after each of its tokens, [rows, length, vocabulary]. */
  readonly objective: (logits: Value, batch: B) => Value;
}

/** A causal language model in training. */
export type CausalTrainer<B extends CausalBatch> = AdaptedTrainer<Llama<Value>, B>;

/** Trains a causal language model by any objective on what it predicts. */
export function causalTrainer<B extends CausalBatch>({
  model: { config, params },
  objective,
  ...training
}: CausalTrainerOptions<B>): CausalTrainer<B> {
  return adaptedTrainer<Llama<Value>, B>({
    ...training,
    params,
    loss: (p, batch) => objective(llama(p, config, batch.tokens, batch.segments), batch),
  });
}
