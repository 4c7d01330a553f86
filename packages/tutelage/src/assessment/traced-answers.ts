import { mean } from './checks.js';

/** An answer after a trace, judged. */
export interface TracedOutcome {
  /** It came to an end, and said what an answer must say. */
  readonly formatted: boolean;
  readonly valid: boolean;
  /** How near a valid answer is to the best, 1 for the best; 0 where it is not valid. */
  readonly quality: number;
  /** Tokens before the answer. */
  readonly traceTokens: number;
  /** The answer as a text or key: two valid ones are different if these are. */
  readonly answer: string;
}

/** What answers in one mode are worth, over all questions and all answers to each. */
export interface TracedFigures {
  readonly formatted: number;
  readonly valid: number;
  /** Share of answers that are valid and the best there is. */
  readonly best: number;
  /** Mean quality: success weighted by cost where quality is the least length over the found one. */
  readonly quality: number;
  readonly traceTokens: number;
  /** Of answers that are the best there is; 0 where there are none. */
  readonly traceTokensOfBest: number;
  /** Share of answers without a trace. */
  readonly atOnce: number;
  /** Different valid answers to a question. */
  readonly distinct: number;
}

/** @param questions the outcomes of each, one at least */
export function tracedFigures(questions: readonly (readonly TracedOutcome[])[]): TracedFigures {
  const all = questions.flat();
  const share = (is: (outcome: TracedOutcome) => boolean) => mean(all.map((one) => Number(is(one))));
  const isBest = ({ quality }: TracedOutcome) => quality === 1;
  const tokens = (of: readonly TracedOutcome[]) =>
    of.length === 0 ? 0 : mean(of.map(({ traceTokens }) => traceTokens));
  return {
    formatted: share(({ formatted }) => formatted),
    valid: share(({ valid }) => valid),
    best: share(isBest),
    quality: mean(all.map(({ quality }) => quality)),
    traceTokens: tokens(all),
    traceTokensOfBest: tokens(all.filter(isBest)),
    atOnce: share(({ traceTokens }) => traceTokens === 0),
    distinct: mean(
      questions.map((own) => new Set(own.flatMap(({ valid, answer }) => (valid ? [answer] : []))).size),
    ),
  };
}

/**
 * Share of the questions with at least `k` answers that are valid (k-Solved), or valid and the best there is (k-Optimal) (Su et al. 2024).
 */
export function atLeast(
  questions: readonly (readonly TracedOutcome[])[],
  k: number,
  which: 'valid' | 'best',
): number {
  const counts = (one: TracedOutcome) => (which === 'valid' ? one.valid : one.quality === 1);
  return mean(questions.map((own) => Number(own.filter(counts).length >= k)));
}
