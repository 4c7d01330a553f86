import { random } from '@tutelage/engine';
import { auc } from '../assessment/auc.js';
import { mean } from '../assessment/checks.js';
import { ndcg, recallAt } from '../assessment/ranking.js';
import { measureHits } from '../assessment/retrieval.js';
import { uniformDraws } from '../curricula/draws.js';
import { misspelt } from '../curricula/spelling-noise.js';
import { bm25 } from '../search/bm25.js';
import { hardNegatives } from '../search/hard-negatives.js';
import { bestOf } from '../search/hits.js';
import type { PageScores } from '../students/page-scores.js';
import { intentScope, intentUtterances } from '../tasks/intents.js';
import type { PairLessons } from '../teachers/pair-batches.js';

/** Pages of help, questions with links to them, and questions for the test. */
export interface HelpPages {
  readonly lessons: PairLessons;
  /** The subject of each page. */
  readonly subjects: readonly string[];
  readonly test: {
    readonly questions: readonly string[];
    /** The same, misspelt. */
    readonly noisy: readonly string[];
    /** The page of each. */
    readonly answers: readonly number[];
    /** Questions that no page answers. */
    readonly unanswerable: readonly string[];
  };
}

export interface HelpPagesOptions {
  /** Utterances of an intent in its page, and further ones that are linked to it. */
  readonly inPage: number;
  readonly linked: number;
  /** Probability that a letter of a noisy question is misspelt. */
  readonly noise: number;
  readonly seed: number;
}

/** Wrong pages of its subject that a question is taught with. */
const nearest = 5;

/**
 * Pages drawn from CLINC150 by the seed: an intent's page is its name and some of its utterances, its subject is its domain. Other
 * utterances are questions that were answered by a link to the page; the validation utterances are the test.
 */
export async function helpPages({ inPage, linked, noise, seed }: HelpPagesOptions): Promise<HelpPages> {
  const { intents, train, validation } = await intentUtterances(seed);
  const { domainOf, outOfScope } = await intentScope();
  const passages = intents.map((name, page) =>
    [name.replaceAll('_', ' '), ...train[page]!.slice(0, inPage)].join(' '),
  );
  const subjects = intents.map((name) => domainOf.get(name)!);
  const asked = train.flatMap((own, page) =>
    own.slice(inPage, inPage + linked).map((text) => ({ text, page })),
  );
  const tested = validation.flatMap((own, page) => own.map((text) => ({ text, page })));
  const draw = uniformDraws(random.foldIn(random.key(seed), 'spelling'));
  const search = bm25(passages);
  return {
    lessons: {
      queries: asked.map(({ text }) => text),
      passages,
      pairs: asked.map(({ page }, question) => [question, page]),
      isWrong: (question, page) => asked[question]!.page !== page,
      near(question) {
        const { text, page } = asked[question]!;
        const isOther = (other: number) => other === page || subjects[other] !== subjects[page];
        return hardNegatives(search.search(text, passages.length), isOther, nearest);
      },
    },
    subjects,
    test: {
      questions: tested.map(({ text }) => text),
      noisy: tested.map(({ text }) => misspelt(text, noise, draw)),
      answers: tested.map(({ page }) => page),
      unanswerable: outOfScope,
    },
  };
}

/**
 * How well pages are found.
 *
 * @param restricted whether a question is searched among the pages of its subject alone
 */
export async function helpMeasured(
  scoresOf: PageScores,
  { subjects, test }: HelpPages,
  restricted: boolean,
): Promise<{ readonly value: number; readonly figures: Readonly<Record<string, number>> }> {
  const judged = test.answers.map((page) => new Map([[page, 1]]));
  const rank = (rows: readonly ArrayLike<number>[]) =>
    rows.map((row, i) => {
      const subject = subjects[test.answers[i]!];
      const isOpen = (page: number) => !restricted || subjects[page] === subject;
      return bestOf(
        Array.from(row, (score, page) => (isOpen(page) ? score : Number.NEGATIVE_INFINITY)),
        10,
      );
    });
  const clean = await scoresOf(test.questions);
  const [hits, noisy] = [rank(clean), rank(await scoresOf(test.noisy))];
  const measured = (found: typeof hits, measure: ReturnType<typeof ndcg>) =>
    mean(measureHits(found, judged, measure));
  const [value, blurred] = [measured(hits, ndcg(10)), measured(noisy, ndcg(10))];
  const highest = (row: ArrayLike<number>) => Math.max(...Array.from(row));
  const unanswerable = await scoresOf(test.unanswerable);
  return {
    value,
    figures: {
      'R@1': measured(hits, recallAt(1)),
      'R@10': measured(hits, recallAt(10)),
      'nDCG@10, misspelt': blurred,
      'lost by misspelling': value - blurred,
      'AUROC of unanswerable': auc(
        [...clean.map(() => 1), ...unanswerable.map(() => 0)],
        [...clean, ...unanswerable].map(highest),
      ),
    },
  };
}
