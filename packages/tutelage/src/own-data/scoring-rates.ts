import { UserError } from '../core/errors.js';
import { products } from '../search/vectors.js';
import type { EncoderLearner } from '../students/encoder-learner.js';
import type { OwnRetrieval } from '../tasks/own-retrieval.js';
import type { CachedScorer } from '../teachers/checked-scorer.js';

/** A teacher whose time is taken. */
export interface TimedScorer extends CachedScorer {
  /** That it took so far. */
  readonly seconds: number;
}

/**
 * Takes a teacher's time, and holds it to a budget.
 *
 * @param budget pairs that it may be asked for; 0: any number
 * @throws {UserError} from `score`, when the budget is used up
 */
export function timedScorer(teacher: CachedScorer, budget: number): TimedScorer {
  let seconds = 0;
  return {
    fingerprint: teacher.fingerprint,
    get asked() {
      return teacher.asked;
    },
    get seconds() {
      return seconds;
    },
    async score(pairs, signal) {
      const [asked, start] = [teacher.asked, performance.now()];
      const scores = await teacher.score(pairs, signal);
      // What it has scored before takes no time.
      if (teacher.asked > asked) seconds += (performance.now() - start) / 1000;
      if (budget > 0 && teacher.asked > budget) {
        throw new UserError(`the teacher's budget is used up: ${teacher.asked} pairs of ${budget}`, {
          hint: 'raise budget, lower steps or candidates, or set selector=student: it asks for fewer pairs',
        });
      }
      return scores;
    },
  };
}

const mostTexts = 10_000;

/** Pairs that a student scores in a second: one query with up to 10,000 passages, encoding both included. */
export async function studentRate(own: OwnRetrieval, embed: EncoderLearner['embed']): Promise<number> {
  const passages = own.passages.slice(0, mostTexts).map(({ text }) => text);
  const score = async () =>
    products(await embed('query', [own.queries[0]!.text]), await embed('passage', passages));
  // The first time compiles.
  await score();
  const start = performance.now();
  await score();
  return passages.length / ((performance.now() - start) / 1000);
}
