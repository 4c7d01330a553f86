/** Turns a text into the terms that are looked up, in their order, repeated ones included. */
export type Analyzer = (text: string) => string[];

export interface AnalyzerOptions {
  /** Words, in lower case, that are left out. */
  readonly stopWords?: ReadonlySet<string>;
  /** Brings the forms of a word together. */
  readonly stem?: (word: string) => string;
}

const word = /[\p{L}\p{M}\p{N}]+/gu;
const possessive = /['’]s(?![\p{L}\p{N}])/gu;

/** An analyser that splits at all but letters, marks and digits, and folds case and compatible characters (NFKC). */
export function analyzer({ stopWords, stem }: AnalyzerOptions = {}): Analyzer {
  return (text) => {
    const words = text.normalize('NFKC').toLowerCase().replace(possessive, '').match(word) ?? [];
    const kept = stopWords ? words.filter((own) => !stopWords.has(own)) : words;
    return stem ? kept.map(stem) : kept;
  };
}

/** How often each term stands in a list. */
export function termCounts(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}
