import { type Analyzer, analyzer } from './analyzer.js';

/** Lengths of the character n-grams, boundaries of the word included. */
const [shortest, longest] = [3, 5];

const wordsOf = analyzer();

/**
 * For misspelt words: the character 3- to 5-grams of each word between marks of its ends, so that one wrong letter leaves most of a
 * word's terms as they were (as McNamee & Mayfield 2004 index languages without stemmers).
 */
export const characterAnalyzer: Analyzer = (text) => wordsOf(text).flatMap(gramsOf);

function gramsOf(word: string): string[] {
  const marked = `<${word}>`;
  const found: string[] = [];
  for (let n = shortest; n <= longest; n++) {
    for (let at = 0; at + n <= marked.length; at++) found.push(marked.slice(at, at + n));
  }
  return found;
}
