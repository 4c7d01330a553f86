import { mean } from '../assessment/checks.js';
import { ndcg, recallAt } from '../assessment/ranking.js';
import { measureHits } from '../assessment/retrieval.js';
import { exactSearch } from '../search/exact.js';
import type { EncoderLearner } from '../students/encoder-learner.js';
import { linearTextLogits } from '../students/linear-text-classifier.js';
import { intentUtterances } from '../tasks/intents.js';
import type { PairLessons } from '../teachers/pair-batches.js';
import type { PairScorer } from '../teachers/pair-scorer.js';

/** Questions and pages: the page of an intent is its name and some of its utterances, and answers its other utterances. */
export interface IntentPages {
  readonly lessons: PairLessons & { readonly teacher: PairScorer };
  /** Questions for the test, and the page of each. */
  readonly test: { readonly questions: readonly string[]; readonly answers: readonly number[] };
}

export interface IntentPagesOptions {
  /** Utterances of an intent in its page, and further ones to learn from. */
  readonly inPage: number;
  readonly learned: number;
  readonly teacherEpochs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/**
 * Pages and questions drawn from CLINC150 by the seed, tested on the validation utterances. The teacher is softmax regression on words,
 * learned from all training utterances that are in no page; its score of a question and a page is the logit of the page's intent.
 */
export async function intentPages(options: IntentPagesOptions): Promise<IntentPages> {
  const { inPage, learned, teacherEpochs, seed, signal } = options;
  const { intents, train, validation } = await intentUtterances(seed);
  const part = (texts: typeof train, start: number, end?: number) => {
    const found = texts.flatMap((own, answer) => own.slice(start, end).map((text) => ({ text, answer })));
    return { texts: found.map(({ text }) => text), classes: found.map(({ answer }) => answer) };
  };
  const asked = part(train, inPage, inPage + learned);
  const logits = await linearTextLogits(part(train, inPage), intents, asked.texts, {
    epochs: teacherEpochs,
    seed,
    signal,
  });
  const test = part(validation, 0);
  return {
    lessons: {
      queries: asked.texts,
      passages: intents.map((name, i) =>
        [name.replaceAll('_', ' '), ...train[i]!.slice(0, inPage)].join(' '),
      ),
      pairs: asked.classes.map((page, question) => [question, page]),
      isWrong: (question, page) => asked.classes[question] !== page,
      teacher: {
        fingerprint: `softmax regression ${seed}`,
        score: async (pairs) => Float64Array.from(pairs, ([question, page]) => logits[question]![page]!),
      },
    },
    test: { questions: test.texts, answers: test.classes },
  };
}

/** What encoders find for the test questions. */
export async function pagesMeasured(embed: EncoderLearner['embed'], { lessons, test }: IntentPages) {
  const search = exactSearch(await embed('passage', lessons.passages), { threads: 1 });
  const hits = await search.search((await embed('query', test.questions)).data, 10);
  await search.dispose();
  const judged = test.answers.map((page) => new Map([[page, 1]]));
  return {
    'nDCG@10': mean(measureHits(hits, judged, ndcg(10))),
    'R@1': mean(measureHits(hits, judged, recallAt(1))),
  };
}
