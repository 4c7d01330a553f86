import { checkPaired, mean } from './checks.js';

/** How near texts are to others, in [0, 1], the mean over pairs. */
export interface RationaleFidelity {
  /** The same words. */
  readonly exact: number;
  /** Of words, up to four in a row, smoothed. */
  readonly bleu: number;
  /** The same with each text put beside the next one's: what format alone gives. */
  readonly shuffledBleu: number;
  /** Share of the words that are to be put in, taken out or changed. */
  readonly edits: number;
}

/** Compares texts with those that they should be like. */
export function rationaleFidelity(
  texts: readonly string[],
  references: readonly string[],
): RationaleFidelity {
  checkPaired('rationales', texts, references);
  const [own, others] = [texts.map(wordsOf), references.map(wordsOf)];
  const over = (measure: (a: readonly string[], b: readonly string[]) => number, apart = 0) =>
    mean(own.map((words, i) => measure(words, others[(i + apart) % others.length]!)));
  return {
    exact: over((a, b) => Number(a.join(' ') === b.join(' '))),
    bleu: over(sentenceBleu),
    shuffledBleu: over(sentenceBleu, 1),
    edits: over((a, b) => wordEdits(a, b) / Math.max(1, a.length, b.length)),
  };
}

/** Words, numbers and single signs, in lower case. */
function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}]+|\d+|[^\s\p{L}\p{M}\d]/gu) ?? [];
}

const longest = 4;

/**
 * BLEU of a sentence (Papineni et al. 2002): the geometric mean of the precisions of one to four words in a row, with a penalty for being
 * shorter. Precisions of two words and more have 1 added to both counts (Lin and Och 2004).
 */
function sentenceBleu(own: readonly string[], reference: readonly string[]): number {
  if (own.length === 0) return Number(reference.length === 0);
  let sum = 0;
  for (let n = 1; n <= longest; n++) {
    const [found, wanted] = [grams(own, n), grams(reference, n)];
    let matched = 0;
    for (const [gram, count] of found) matched += Math.min(count, wanted.get(gram) ?? 0);
    const extra = Number(n > 1);
    const total = Math.max(0, own.length - n + 1);
    sum += Math.log((matched + extra) / (total + extra)) / longest;
  }
  return Math.exp(sum + Math.min(0, 1 - reference.length / own.length));
}

function grams(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    const gram = words.slice(i, i + n).join(' ');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** Fewest words to put in, take out or change (Levenshtein 1966). */
function wordEdits(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, word] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + Number(word !== other)));
    }
    row = next;
  }
  return row.at(-1)!;
}

/** How two models answer the same questions, in shares of these. */
export interface AnswerAgreement {
  readonly same: number;
  readonly bothRight: number;
  /** Wrong in the same way: real imitation, which agreement on right answers is not. */
  readonly bothWrongSame: number;
  readonly bothWrongOtherwise: number;
}

export function answerAgreement(
  answers: readonly { readonly right: boolean; readonly same: boolean; readonly teacherRight: boolean }[],
): AnswerAgreement {
  const share = (holds: (one: (typeof answers)[number]) => boolean) =>
    mean(answers.map((one) => Number(holds(one))));
  return {
    same: share(({ same }) => same),
    bothRight: share(({ right, teacherRight }) => right && teacherRight),
    bothWrongSame: share(({ right, teacherRight, same }) => !right && !teacherRight && same),
    bothWrongOtherwise: share(({ right, teacherRight, same }) => !right && !teacherRight && !same),
  };
}

const equation = /(-?\d+(?:\.\d+)?)\s*([-+*/x×÷])\s*(-?\d+(?:\.\d+)?)\s*=\s*(-?\d+(?:\.\d+)?)/gi;

/** Whether all equations of two numbers in a text hold; undefined where there is none. */
export function equationsHold(text: string): boolean | undefined {
  const found = [...text.replaceAll(',', '').matchAll(equation)];
  if (found.length === 0) return undefined;
  return found.every(([, left, sign, right, result]) => {
    const [a, b] = [Number(left), Number(right)];
    const value = { '+': a + b, '-': a - b, '/': a / b, '÷': a / b }[sign!] ?? a * b;
    return Math.abs(value - Number(result)) <= 0.01 * Math.max(1, Math.abs(value));
  });
}
