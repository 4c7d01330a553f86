import { type Concrete, optim, type SessionOptions } from '@tutelage/engine';
import { given } from '../core/given.js';
import { type AdaptedTrainer, type AdaptedTraining, projections } from './adapted-trainer.js';

/** How a language model is fine-tuned in one pass over examples in their order, with a new optimizer. */
export interface OnePass extends Pick<SessionOptions, 'threads'> {
  /** At its height: it rises for a tenth of the updates, and then falls to 0. */
  readonly learningRate: number;
  /** Examples of an update. They go through the model some hundred tokens at once, whatever their number. */
  readonly batchSize: number;
  /** Rank of low-rank changes; all weights are trained where it is 0. */
  readonly loraRank: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Hears of each update. */
  readonly onStep?: (step: number, of: number, loss: number) => void;
}

const updatesOf = (examples: number, { batchSize }: Pick<OnePass, 'batchSize'>) =>
  Math.ceil(examples / batchSize);

/** The settings of a trainer for one pass. */
export function onePassTraining(examples: number, options: OnePass): AdaptedTraining {
  const { learningRate, loraRank, seed, threads } = options;
  const total = updatesOf(examples, options);
  return {
    learningRate,
    schedule: optim.linear({ total, warmup: Math.min(total - 1, Math.ceil(total / 10)) }),
    clipNorm: 1,
    accumulates: true,
    ...(loraRank > 0 && { lora: { rank: loraRank, alpha: 2 * loraRank, match: projections } }),
    seed,
    ...given({ threads }),
  };
}

/**
 * Takes a trainer through examples once, or until the signal, and frees it.
 *
 * @param batchesOf the batches of an update of the examples from `start` to `end`
 */
export async function learnOnePass<P, B>(
  trainer: AdaptedTrainer<P, B>,
  examples: number,
  options: OnePass,
  batchesOf: (start: number, end: number) => readonly Concrete<B>[],
): Promise<Concrete<P>> {
  const { batchSize, signal, onStep } = options;
  const total = updatesOf(examples, options);
  try {
    for (let step = 0; step < total && !signal.aborted; step++) {
      const start = step * batchSize;
      const [first, ...rest] = batchesOf(start, Math.min(start + batchSize, examples));
      const { loss } = await trainer.learn(first!, ...rest);
      onStep?.(step + 1, total, loss);
    }
    return await trainer.params();
  } finally {
    await trainer.dispose();
  }
}
