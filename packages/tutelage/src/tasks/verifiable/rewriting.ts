import { random } from '@tutelage/engine';
import type { Example } from '../../core/example.js';
import type { Worked } from './worked.js';

/** Where `from` stands, `to` is written instead. */
export interface Rule {
  readonly from: string;
  readonly to: string;
}

/** Every rule makes a string shorter, or moves a greater letter to the right: rewriting always ends. */
export const rewritingRules: readonly Rule[] = [
  { from: 'b a', to: 'a b' },
  { from: 'c a', to: 'a c' },
  { from: 'c b', to: 'b c' },
  { from: 'a a', to: 'b' },
  { from: 'b b', to: 'c' },
  { from: 'c c', to: 'a' },
];

export interface RewritingOptions {
  /** Letters at the start. */
  readonly length: number;
  readonly rules?: readonly Rule[];
}

/**
 * A string of letters to be rewritten until no rule fits: the first rule that fits is used where it fits first. Steps are the strings on
 * the way; the answer is the last one. Its difficulty is the number of steps.
 *
 * @throws {RangeError} when the rules do not come to an end
 */
export function rewriting(
  { length, rules = rewritingRules }: RewritingOptions,
  key: random.Key,
): Example<string, Worked> {
  const dice = random.stream(key);
  const input = Array.from({ length }, () => dice.pick(['a', 'b', 'c'])).join(' ');
  const steps: string[] = [];
  for (let next = rewritten(input, rules); next !== undefined; next = rewritten(next, rules)) {
    steps.push(next);
    if (steps.length > 1000) throw new RangeError(`these rules do not end: ${input}`);
  }
  return { id: input, input, target: { steps, answer: steps.at(-1) ?? input }, difficulty: steps.length };
}

/** One step; undefined where no rule fits. */
export function rewritten(text: string, rules: readonly Rule[]): string | undefined {
  const rule = rules.find(({ from }) => text.includes(from));
  return rule && text.replace(rule.from, rule.to);
}
