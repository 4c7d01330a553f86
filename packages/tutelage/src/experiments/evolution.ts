import { random } from '@tutelage/engine';

export interface EvolutionOptions {
  /** Number of weights. */
  readonly size: number;
  /** Pairs of opposite trials before a step. */
  readonly pairs: number;
  /** Standard deviation of the weights of a trial. */
  readonly spread: number;
  /** Of Adam, at the start; it falls to 0 in a straight line. */
  readonly learningRate: number;
  readonly key: random.Key;
}

/** A learner that sees scores of its trials and no gradient. */
export interface EvolutionLearner {
  /** What was learned so far. */
  readonly weights: Float64Array;
  /**
   * Tries a random change of the weights and its opposite in the same exercise, and after some such pairs takes a step.
   *
   * @param progress share of the budget that is spent, in [0, 1]
   * @returns the mean of the two scores
   */
  practise(score: (weights: Float64Array) => number, progress: number): number;
}

const decay = { mean: 0.9, square: 0.999 };
const smallest = 1e-8;

/**
 * An evolution strategy with opposite pairs (Salimans et al. 2017, algorithm 2 without ranks), from weights of 0. Each pair may have
 * an exercise of its own: the difference in a pair is free of how hard the exercise is. The estimate of the gradient is divided by
 * the standard deviation of the scores (Mania et al. 2018) and followed by Adam.
 */
export function evolutionLearner({
  size,
  pairs,
  spread,
  learningRate,
  key,
}: EvolutionOptions): EvolutionLearner {
  const weights = new Float64Array(size);
  const mean = new Float64Array(size);
  const square = new Float64Array(size);
  let changes: Float32Array[] = [];
  let scores: number[] = [];
  let tried = 0;
  let steps = 0;

  const step = (rate: number): void => {
    const middle = scores.reduce((sum, one) => sum + one, 0) / scores.length;
    const deviation = Math.sqrt(scores.reduce((sum, one) => sum + (one - middle) ** 2, 0) / scores.length);
    const scale = 1 / (pairs * (deviation + smallest));
    steps++;
    for (let i = 0; i < size; i++) {
      let gradient = 0;
      for (let k = 0; k < pairs; k++) {
        gradient += scale * (scores[2 * k]! - scores[2 * k + 1]!) * changes[k]![i]!;
      }
      mean[i] = decay.mean * mean[i]! + (1 - decay.mean) * gradient;
      square[i] = decay.square * square[i]! + (1 - decay.square) * gradient ** 2;
      const first = mean[i]! / (1 - decay.mean ** steps);
      const second = square[i]! / (1 - decay.square ** steps);
      weights[i]! += (rate * first) / (Math.sqrt(second) + smallest);
    }
    changes = [];
    scores = [];
  };

  return {
    weights,
    practise(score, progress) {
      const change = new Float32Array(size);
      random.fillNormal(change, random.foldIn(key, tried++));
      const up = score(weights.map((own, i) => own + spread * change[i]!));
      const down = score(weights.map((own, i) => own - spread * change[i]!));
      changes.push(change);
      scores.push(up, down);
      if (changes.length === pairs) step(learningRate * (1 - progress));
      return (up + down) / 2;
    },
  };
}
