import { random } from '@tutelage/engine';
import { softmaxRegression } from './softmax-regression.js';

/** What of a piece of text can tell its author. */
export interface Style {
  /** Its sequences of three characters, each as a number. */
  readonly trigrams: Float64Array;
  /** Its words in lower case, and its punctuation marks. */
  readonly tokens: readonly string[];
}

/** A token is a word or a mark. */
const token = /[\p{L}\p{M}']+|[^\p{L}\p{M}\p{N}\s]/gu;

export function styleOf(text: string): Style {
  const trigrams = new Float64Array(Math.max(0, text.length - 2));
  for (let i = 0; i < trigrams.length; i++) {
    trigrams[i] = (text.charCodeAt(i) * 0x10000 + text.charCodeAt(i + 1)) * 0x10000 + text.charCodeAt(i + 2);
  }
  return { trigrams, tokens: text.toLowerCase().match(token) ?? [] };
}

/** The text of a trigram. */
export function trigramText(code: number): string {
  const [high, last] = [Math.floor(code / 0x10000), code % 0x10000];
  return String.fromCharCode(Math.floor(high / 0x10000), high % 0x10000, last);
}

/** What tells some authors apart. */
export interface AuthorProfiles {
  /** Log probabilities of a piece by author, up to a constant that they share. */
  logits(style: Style): number[];
  /** How likely two pieces are of one author, whoever it is. */
  alike(a: Style, b: Style): number;
  /** Trigrams that speak for an author against the others in a piece, the strongest first. */
  telling(style: Style, author: number, count: number): { readonly text: string; readonly weight: number }[];
  /** The share of a piece's tokens that are among the commonest of the authors. */
  known(style: Style): number;
}

const trigramCount = 4000;
const tokenCount = 200;
const smoothing = 0.5;
const pairs = 2000;

/**
 * Learns authors from pieces: naive Bayes on the 4,000 most frequent trigrams; and logistic regression on the absolute differences of the
 * frequencies of the 200 most frequent words and marks, for pairs of pieces.
 *
 * @param pieces of each author; two authors or more
 */
export async function learnAuthors(
  pieces: readonly (readonly Style[])[],
  key: random.Key,
): Promise<AuthorProfiles> {
  const trigrams = mostFrequent(
    pieces.flat().map((style) => style.trigrams),
    trigramCount,
  );
  const places = new Map(trigrams.map((trigram, place) => [trigram, place]));
  const tables = pieces.map((own) => {
    const counts = new Float64Array(trigrams.length).fill(smoothing);
    for (const { trigrams: some } of own) {
      for (const trigram of some) {
        const place = places.get(trigram);
        if (place !== undefined) counts[place]! += 1;
      }
    }
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => Math.log(count / total));
  });
  const tokens = mostFrequent(
    pieces.flat().map((style) => style.tokens),
    tokenCount,
  );
  const tokenPlaces = new Map(tokens.map((one, place) => [one, place]));
  const alike = await learnPairs(pieces, (style) => frequencies(style, tokenPlaces), key);
  const seen = (style: Style) =>
    Array.from(style.trigrams, (trigram) => places.get(trigram)).filter((place) => place !== undefined);
  return {
    logits(style) {
      const found = seen(style);
      return tables.map((table) => found.reduce((sum, place) => sum + table[place]!, 0));
    },
    alike: (a, b) => alike(frequencies(a, tokenPlaces), frequencies(b, tokenPlaces)),
    telling(style, author, count) {
      const weights = new Map<number, number>();
      for (const place of seen(style)) {
        const others = tables.filter((_, other) => other !== author).map((table) => table[place]!);
        const lead = tables[author]![place]! - Math.max(...others);
        weights.set(place, (weights.get(place) ?? 0) + lead);
      }
      return [...weights]
        .sort(([, a], [, b]) => b - a)
        .slice(0, count)
        .map(([place, weight]) => ({ text: trigramText(trigrams[place]!), weight }));
    },
    known: ({ tokens: own }) => own.filter((one) => tokenPlaces.has(one)).length / Math.max(1, own.length),
  };
}

function mostFrequent<T>(lists: readonly Iterable<T>[], count: number): T[] {
  const counts = new Map<T, number>();
  for (const list of lists) for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([one]) => one);
}

function frequencies({ tokens }: Style, places: ReadonlyMap<string, number>): number[] {
  const shares = new Array<number>(places.size).fill(0);
  for (const one of tokens) {
    const place = places.get(one);
    if (place !== undefined) shares[place]! += 1 / tokens.length;
  }
  return shares;
}

/** Learns from as many pairs of one author as of two. */
async function learnPairs(
  pieces: readonly (readonly Style[])[],
  rowOf: (style: Style) => number[],
  key: random.Key,
): Promise<(a: readonly number[], b: readonly number[]) => number> {
  const rows = pieces.map((own) => own.map(rowOf));
  const draw = random.stream(random.foldIn(key, 'pairs'));
  const differences = (a: readonly number[], b: readonly number[]) => a.map((x, i) => Math.abs(x - b[i]!));
  const examples = Array.from({ length: pairs }, (_, i) => {
    const [first, second] = draw.shuffle(rows);
    const isSame = i % 2 === 0;
    return { row: differences(draw.pick(first!), draw.pick(isSame ? first! : second!)), isSame };
  });
  const probabilities = await softmaxRegression(
    examples.map(({ row }) => row),
    examples.map(({ isSame }) => (isSame ? 1 : 0)),
    2,
  );
  return (a, b) => probabilities(differences(a, b))[1]!;
}
