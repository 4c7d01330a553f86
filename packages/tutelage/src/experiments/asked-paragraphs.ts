import { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { ndcg, recallAt } from '../assessment/ranking.js';
import { measureHits } from '../assessment/retrieval.js';
import { shuffled } from '../curricula/weighted-draw.js';
import { bestOf } from '../search/hits.js';
import type { PageScores } from '../students/page-scores.js';
import { askedArticles } from '../tasks/piaf.js';
import type { PairLessons } from '../teachers/pair-batches.js';

/** French paragraphs, each with questions of its own, of articles to learn from and of others to be tested on. */
export interface AskedParagraphs {
  readonly lessons: PairLessons;
  readonly test: {
    readonly paragraphs: readonly string[];
    readonly questions: readonly string[];
    /** The paragraph of each. */
    readonly answers: readonly number[];
  };
}

/** Of the articles. */
const shareToLearn = 2 / 3;

/** PIAF, divided by article as the seed has it. */
export async function askedParagraphs(seed: number): Promise<AskedParagraphs> {
  const articles = await askedArticles();
  const order = shuffled(articles.length, random.foldIn(random.key(seed), 'articles'));
  const end = Math.round(shareToLearn * order.length);
  const part = (places: readonly number[]) => {
    const paragraphs = places.flatMap((place) => articles[place]!);
    const asked = paragraphs.flatMap(({ questions }, answer) => questions.map((text) => ({ text, answer })));
    return { paragraphs: paragraphs.map(({ text }) => text), asked };
  };
  const [learned, tested] = [part(order.slice(0, end)), part(order.slice(end))];
  return {
    lessons: {
      queries: learned.asked.map(({ text }) => text),
      passages: learned.paragraphs,
      pairs: learned.asked.map(({ answer }, question) => [question, answer]),
      isWrong: (question, paragraph) => learned.asked[question]!.answer !== paragraph,
    },
    test: {
      paragraphs: tested.paragraphs,
      questions: tested.asked.map(({ text }) => text),
      answers: tested.asked.map(({ answer }) => answer),
    },
  };
}

/** How well a question's paragraph is found among those of the test. */
export async function paragraphsMeasured(scoresOf: PageScores, { test }: AskedParagraphs) {
  const hits = (await scoresOf(test.questions)).map((scores) => bestOf(scores, 10));
  const judged = test.answers.map((paragraph) => new Map([[paragraph, 1]]));
  const measured = (measure: ReturnType<typeof ndcg>) => mean(measureHits(hits, judged, measure));
  return {
    value: measured(ndcg(10)),
    figures: { 'R@1': measured(recallAt(1)), 'R@10': measured(recallAt(10)) },
  };
}
