import { random } from '@tutelage/engine';
import { oneOf, uniformDraws } from '../curricula/draws.js';
import { englishAnalyzer } from '../search/english-analyzer.js';
import type { PairTexts } from './onnx-pair-scorer.js';
import type { PairScorer, TextPair } from './pair-scorer.js';

/** A pair of which it is known whether the passage is relevant to the query. */
export interface LabelledPair {
  readonly pair: TextPair;
  readonly relevant: boolean;
}

/** Gradient descent on all examples at once, with standardised features. */
const [rounds, rate, decay] = [400, 0.5, 1e-3];

/**
 * The teacher that is trained here where there is none: logistic regression on what the words of a query and a passage have in common.
 * Its score is the logit, so that it has the scale of a margin. It reads pairs, and can't be made into vectors.
 */
export function trainFeatureScorer(texts: PairTexts, examples: readonly LabelledPair[]): PairScorer {
  const featuresOf = pairFeatures(texts);
  const rows = examples.map(({ pair }) => featuresOf(pair));
  const width = rows[0]!.length;
  const means = Array.from({ length: width }, (_, i) => meanOf(rows.map((row) => row[i]!)));
  const deviations = means.map((mean, i) => Math.sqrt(meanOf(rows.map((row) => (row[i]! - mean) ** 2))) || 1);
  const standard = (row: readonly number[]) => row.map((x, i) => (x - means[i]!) / deviations[i]!);
  const inputs = rows.map(standard);
  const weights = new Float64Array(width);
  let bias = 0;
  const logit = (input: readonly number[]) => input.reduce((sum, x, i) => sum + x * weights[i]!, bias);
  for (let round = 0; round < rounds; round++) {
    const gradient = new Float64Array(width);
    let biasGradient = 0;
    inputs.forEach((input, row) => {
      const error = 1 / (1 + Math.exp(-logit(input))) - (examples[row]!.relevant ? 1 : 0);
      input.forEach((x, i) => {
        gradient[i]! += (error * x) / inputs.length;
      });
      biasGradient += error / inputs.length;
    });
    gradient.forEach((slope, i) => {
      weights[i]! -= rate * (slope + decay * weights[i]!);
    });
    bias -= rate * biasGradient;
  }
  return {
    fingerprint: `features ${weights.join()} ${bias}`,
    score: async (pairs) => Float64Array.from(pairs, (pair) => logit(standard(featuresOf(pair)))),
  };
}

/**
 * What to learn from: the known answers, and for each a wrong passage from the head of a search and one at random.
 *
 * @param answers known pairs
 * @param near wrong passages near to a query
 */
export function labelledPairs(
  answers: readonly TextPair[],
  near: (query: number) => readonly number[],
  passages: number,
  isWrong: (query: number, passage: number) => boolean,
  key: random.Key,
): LabelledPair[] {
  const draw = uniformDraws(random.foldIn(key, 'labelled pairs'));
  return answers.flatMap(([query, passage]) => {
    const hard = near(query);
    const wrong = [
      ...(hard.length > 0 ? [oneOf(hard, draw), oneOf(hard, draw)] : []),
      Math.floor(draw() * passages),
    ];
    return [
      { pair: [query, passage] as const, relevant: true },
      ...wrong
        .filter((other) => isWrong(query, other))
        .map((other) => ({ pair: [query, other] as const, relevant: false })),
    ];
  });
}

/** BM25, cosine of tf-idf, share of the query's words by their rarity, shared pairs of neighbours, shared trigrams, lengths. */
function pairFeatures({ queries, passages }: PairTexts): (pair: TextPair) => number[] {
  const bags = passages.map((text) => bagOf(text));
  const frequencies = new Map<string, number>();
  for (const { counts } of bags) {
    for (const term of counts.keys()) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
  }
  const idf = (term: string) => Math.log(1 + passages.length / (0.5 + (frequencies.get(term) ?? 0)));
  const meanLength = meanOf(bags.map(({ length }) => length));
  const normOf = ({ counts }: Bag) =>
    Math.sqrt(
      [...counts].reduce((sum, [term, count]) => sum + ((1 + Math.log(count)) * idf(term)) ** 2, 0),
    ) || 1;
  const norms = bags.map(normOf);
  const asked = new Map<number, Bag & { readonly norm: number; readonly rarity: number }>();
  const queryBag = (query: number) => {
    const known = asked.get(query);
    if (known) return known;
    const bag = bagOf(queries[query]!);
    const rarity = [...bag.counts.keys()].reduce((sum, term) => sum + idf(term), 0) || 1;
    const made = { ...bag, norm: normOf(bag), rarity };
    asked.set(query, made);
    return made;
  };
  return ([query, passage]) => {
    const [asks, has] = [queryBag(query), bags[passage]!];
    let [bm25, product, covered] = [0, 0, 0];
    for (const [term, count] of asks.counts) {
      const found = has.counts.get(term);
      if (found === undefined) continue;
      const rarity = idf(term);
      bm25 += (rarity * found) / (found + 0.9 * (0.6 + (0.4 * has.length) / meanLength));
      product += (1 + Math.log(count)) * (1 + Math.log(found)) * rarity ** 2;
      covered += rarity;
    }
    const cosine = product / (asks.norm * norms[passage]!);
    return [
      bm25,
      cosine,
      Math.sqrt(cosine),
      covered / asks.rarity,
      overlap(asks.neighbours, has.neighbours),
      overlap(asks.trigrams, has.trigrams),
      Math.log(1 + has.length),
    ];
  };
}

interface Bag {
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
  readonly neighbours: ReadonlySet<string>;
  readonly trigrams: ReadonlySet<string>;
}

function bagOf(text: string): Bag {
  const terms = englishAnalyzer(text);
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  const letters = ` ${terms.join(' ')} `;
  return {
    counts,
    length: terms.length,
    neighbours: new Set(terms.slice(1).map((term, i) => `${terms[i]} ${term}`)),
    trigrams: new Set(
      Array.from({ length: Math.max(0, letters.length - 2) }, (_, i) => letters.slice(i, i + 3)),
    ),
  };
}

/** Share of some things that are among others. */
function overlap(some: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let shared = 0;
  for (const one of some) if (others.has(one)) shared++;
  return some.size === 0 ? 0 : shared / some.size;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
