import { type Concrete, optim, type SessionOptions } from '@tutelage/engine';
import { given } from '../core/given.js';
import type { Metrics } from '../runs/metrics.js';
import { type AdaptedTrainer, type AdaptedTraining, projections } from './adapted-trainer.js';
import { type TrainingRun, trainResumably } from './resumable-training.js';

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
  /**
   * Where the training is kept if it is to be: interrupted by the signal or killed, and called again with the same options, it goes on to the
   * same bits.
   */
  readonly kept?: Omit<TrainingRun, 'signal'>;
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

/** What goes through a trainer in one pass. */
export interface PassOfLessons<P, B> {
  readonly trainer: AdaptedTrainer<P, B>;
  /** What is learned and how, as far as {@link OnePass} does not say it. */
  readonly objective: string;
  /** How many there are. */
  readonly examples: number;
  /** The batches of an update of the examples from `start` to `end`. */
  readonly batchesOf: (start: number, end: number) => readonly Concrete<B>[];
}

/**
 * Takes a trainer through examples once, or until the signal, and frees it.
 *
 * @returns the parameters as they are then
 */
export async function learnOnePass<P, B>(
  { trainer, objective, examples, batchesOf }: PassOfLessons<P, B>,
  options: OnePass,
): Promise<Concrete<P>> {
  const { batchSize, learningRate, loraRank, seed, signal, kept, onStep } = options;
  const totalSteps = updatesOf(examples, options);
  const step = async (index: number): Promise<Metrics> => {
    const start = index * batchSize;
    const [first, ...rest] = batchesOf(start, Math.min(start + batchSize, examples));
    const { loss, gradientNorm } = await trainer.learn(first!, ...rest);
    onStep?.(index + 1, totalSteps, loss);
    return { loss, 'gradient norm': gradientNorm };
  };
  try {
    if (kept) {
      const graph = `${objective} ${JSON.stringify({ examples, batchSize, learningRate, loraRank, seed })}`;
      await trainResumably({ ...kept, signal, graph, totalSteps, trainer, step });
    } else {
      for (let index = 0; index < totalSteps && !signal.aborted; index++) await step(index);
    }
    return await trainer.params();
  } finally {
    await trainer.dispose();
  }
}
