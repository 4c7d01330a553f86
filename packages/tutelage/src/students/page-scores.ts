import { type Analyzer, termCounts } from '../search/analyzer.js';
import { bm25 } from '../search/bm25.js';
import { products, type Vectors } from '../search/vectors.js';

/** Scores of all pages for each question. */
export type PageScores = (questions: readonly string[]) => Promise<readonly ArrayLike<number>[]>;

/** BM25's scores. */
export function scoresByTerms(pages: readonly string[], analyzer: Analyzer): PageScores {
  const search = bm25(pages, { analyzer });
  return async (questions) => questions.map((question) => search.scores(question));
}

/** Cosines of the terms' weights (1 + ln count) ln(pages / pages with it), those of unknown terms left out. */
export function scoresByCosine(pages: readonly string[], analyzer: Analyzer): PageScores {
  const counts = pages.map((page) => termCounts(analyzer(page)));
  const pagesWith = new Map<string, number>();
  for (const own of counts)
    for (const term of own.keys()) pagesWith.set(term, (pagesWith.get(term) ?? 0) + 1);
  const weighted = (own: ReadonlyMap<string, number>) => {
    const known = [...own].filter(([term]) => pagesWith.has(term));
    const weights = known.map(([term, count]): [string, number] => [
      term,
      (1 + Math.log(count)) * Math.log(pages.length / pagesWith.get(term)!),
    ]);
    const length = Math.sqrt(weights.reduce((sum, [, weight]) => sum + weight * weight, 0)) || 1;
    return weights.map(([term, weight]): [string, number] => [term, weight / length]);
  };
  const index = counts.map((own) => new Map(weighted(own)));
  return async (questions) =>
    questions.map((question) => {
      const asked = weighted(termCounts(analyzer(question)));
      return index.map((own) =>
        asked.reduce((sum, [term, weight]) => sum + weight * (own.get(term) ?? 0), 0),
      );
    });
}

/** Inner products of an encoder's vectors. */
export function scoresByVectors(
  pages: Vectors,
  embed: (questions: readonly string[]) => Promise<Vectors>,
): PageScores {
  const count = pages.data.length / pages.width;
  return async (questions) => {
    const scores = products(await embed(questions), pages);
    return questions.map((_, i) => scores.subarray(i * count, (i + 1) * count));
  };
}

/** Two systems as one: the sum of their scores, each question's brought to mean 0 and deviation 1 first. */
export function fusedScores(first: PageScores, second: PageScores): PageScores {
  return async (questions) => {
    const [some, others] = await Promise.all([first(questions), second(questions)]);
    return some.map((row, i) => {
      const [a, b] = [standardised(row), standardised(others[i]!)];
      return a.map((x, page) => x + b[page]!);
    });
  };
}

function standardised(row: ArrayLike<number>): number[] {
  const values = Array.from(row);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) || 1;
  return values.map((x) => (x - mean) / deviation);
}
