import { ratingKappa } from '../assessment/reliability.js';

/** Thresholds to choose from; a finer choice would follow chance. */
const candidates = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);

/** From which probability on a yes agrees best with answers, by Cohen's kappa; the middle one of equals. */
export function bestThreshold(probabilities: readonly number[], answers: readonly boolean[]): number {
  const kappas = candidates.map((threshold) =>
    ratingKappa(
      answers,
      probabilities.map((p) => p >= threshold),
    ),
  );
  const best = candidates.filter((_, i) => kappas[i] === Math.max(...kappas));
  return best[Math.floor(best.length / 2)]!;
}
