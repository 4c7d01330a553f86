import type { ShownReproduction } from '@tutelage/studio/api';
import { number, signed } from './format.js';

/** An interval in words: `+0.303 (+0.274 to +0.332)`. */
export function leadWords({ estimate, low, high }: ShownReproduction['lead']): string {
  return `${signed(estimate)} (${signed(low)} to ${signed(high)})`;
}

/** The greatest and the smallest of an arm's seeds: `0.33 to 0.36`. */
export function rangeWords(values: readonly number[]): string {
  if (values.length < 2) return '';
  return `${number(Math.min(...values))} to ${number(Math.max(...values))}`;
}

/** What the table says of an arm: the one that is claimed, the one it is claimed against, or nothing. */
export function armRole(id: string, { arm, against }: Pick<ShownReproduction, 'arm' | 'against'>): string {
  if (id === arm) return 'claimed';
  return id === against ? 'baseline' : '';
}
