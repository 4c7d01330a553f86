import { analyzer } from './analyzer.js';
import { englishStopWords } from './english-analyzer.js';

const wordsOf = analyzer();
const most = 5;
const lengths = [2, 3];

/**
 * What texts are about, for want of keywords: sequences of two or three words, none a stop word, that stand in more than one of them and in
 * no more than a fifth. The five rarest of each text, the longer first of equal ones.
 */
export function keyPhrases(texts: readonly string[]): string[][] {
  const phrases = texts.map((text) => [...new Set(lengths.flatMap((length) => sequences(text, length)))]);
  const frequency = new Map<string, number>();
  for (const phrase of phrases.flat()) frequency.set(phrase, (frequency.get(phrase) ?? 0) + 1);
  const isTelling = (phrase: string) =>
    frequency.get(phrase)! > 1 && frequency.get(phrase)! <= Math.max(2, texts.length / 5);
  return phrases.map((own) =>
    own
      .filter(isTelling)
      .sort((a, b) => frequency.get(a)! - frequency.get(b)! || b.length - a.length)
      .slice(0, most),
  );
}

/** Those of some phrases that stand in a text, as whole words. */
export function phrasesIn(text: string, phrases: Iterable<string>): string[] {
  const words = ` ${wordsOf(text).join(' ')} `;
  return [...phrases].filter((phrase) => words.includes(` ${wordsOf(phrase).join(' ')} `));
}

const copiedLength = 5;

/** The share of a text's sequences of five words that stand in another: 0 where it is shorter. */
export function copiedShare(text: string, other: string): number {
  const words = wordsOf(text);
  const count = words.length - copiedLength + 1;
  const whole = ` ${wordsOf(other).join(' ')} `;
  const copied = words.filter(
    (_, at) => at < count && whole.includes(` ${words.slice(at, at + copiedLength).join(' ')} `),
  );
  return count > 0 ? copied.length / count : 0;
}

function sequences(text: string, length: number): string[] {
  const words = wordsOf(text);
  return words.flatMap((_, start) => {
    const some = words.slice(start, start + length);
    const isWhole =
      some.length === length && some.every((word) => word.length > 1 && !englishStopWords.has(word));
    return isWhole ? [some.join(' ')] : [];
  });
}
