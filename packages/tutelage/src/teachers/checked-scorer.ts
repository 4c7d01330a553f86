import { UserError } from '../core/errors.js';
import type { PairScorer, TextPair } from './pair-scorer.js';

/** A scorer that asks for each pair once, and what it cost so far. */
export interface CachedScorer extends PairScorer {
  /** Pairs that the teacher itself was asked for. */
  readonly asked: number;
}

/**
 * Keeps a teacher's scores of pairs, and checks them: as many as asked for, and finite.
 *
 * @throws {UserError} from `score`
 */
export function checkedScorer(teacher: PairScorer): CachedScorer {
  const known = new Map<number, Map<number, number>>();
  let asked = 0;
  const find = ([query, passage]: TextPair) => known.get(query)?.get(passage);
  return {
    fingerprint: teacher.fingerprint,
    get asked() {
      return asked;
    },
    async score(pairs, signal) {
      const missing = new Map(
        pairs.filter((pair) => find(pair) === undefined).map((pair) => [pair.join(), pair]),
      );
      const wanted = [...missing.values()];
      if (wanted.length > 0) {
        const scores = await teacher.score(wanted, signal);
        if (scores.length !== wanted.length) {
          throw new UserError(`the teacher gave ${scores.length} scores for ${wanted.length} pairs`);
        }
        wanted.forEach(([query, passage], i) => {
          const score = scores[i]!;
          if (!Number.isFinite(score)) {
            throw new UserError(
              `the teacher's score is not finite: ${score}, query ${query + 1}, passage ${passage + 1}`,
            );
          }
          const own = known.get(query) ?? new Map<number, number>();
          known.set(query, own.set(passage, score));
        });
        asked += wanted.length;
      }
      return Float64Array.from(pairs, (pair) => find(pair)!);
    },
  };
}
