import type { Alternative } from './ledger.js';
import { LETTERS } from './prompt.js';

/**
 * The label that an answer names, or undefined if it names none. Endpoints without structured output wrap JSON in
 * prose or code fences, or drop it: all three are read, but the label itself must be there exactly, up to case.
 */
export function readLabel(answer: string, labels: readonly string[]): string | undefined {
  const text = answer.trim();
  const object = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  return matchLabel(labelMember(object) ?? text.replace(/^["'`]+|["'`.]+$/g, ''), labels);
}

function labelMember(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    const label = typeof value === 'object' && value !== null && 'label' in value ? value.label : undefined;
    return typeof label === 'string' ? label : undefined;
  } catch {
    return undefined;
  }
}

function matchLabel(name: string, labels: readonly string[]): string | undefined {
  if (labels.includes(name)) return name;
  const fold = (text: string) => text.normalize('NFC').trim().toLowerCase();
  const matches = labels.filter((label) => fold(label) === fold(name));
  return matches.length === 1 ? matches[0] : undefined;
}

/** Shares of the votes, in the order of the labels; they sum to 1. */
export function voteShares(votes: readonly string[], labels: readonly string[]): number[] {
  return labels.map((label) => votes.filter((vote) => vote === label).length / votes.length);
}

export interface LetterDistribution {
  /** Probabilities in the order of the labels, scaled to sum to 1; 0 for a letter that wasn't listed. */
  readonly distribution: number[];
  /** Probability that the listed letters had before scaling: what is missing from 1 went to other tokens. */
  readonly coverage: number;
  /** The most that any one unlisted letter can have had: less than the last one listed, and than what is left. */
  readonly unlistedAtMost: number;
}

/**
 * Probabilities of the first `count` letters from the most likely first tokens of an answer. Spellings of a letter
 * (with a space before it, say) are added up.
 * @returns undefined if no letter is among them
 */
export function letterDistribution(
  alternatives: readonly Alternative[],
  count: number,
): LetterDistribution | undefined {
  const listed = alternatives.map(({ token, logprob }) => ({ letter: token.trim(), p: Math.exp(logprob) }));
  const sums = [...LETTERS.slice(0, count)].map((letter) =>
    listed.reduce((sum, { letter: other, p }) => (other === letter ? sum + p : sum), 0),
  );
  const coverage = sums.reduce((sum, p) => sum + p, 0);
  if (coverage === 0) return undefined;
  const rest = Math.max(0, 1 - listed.reduce((sum, { p }) => sum + p, 0));
  return {
    distribution: sums.map((p) => p / coverage),
    coverage: Math.min(1, coverage),
    unlistedAtMost: Math.min(rest, ...listed.map(({ p }) => p)),
  };
}
