import type { ShownMethod, ShownReproduction } from '@tutelage/studio/api';
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

/** The other methods of a method's family, each with what was found of its first claim. */
export function relatives(
  { id, room }: Pick<ShownMethod, 'id' | 'room'>,
  methods: readonly ShownMethod[],
): { readonly method: ShownMethod; readonly found: ShownReproduction | undefined }[] {
  return methods
    .filter((other) => other.room === room && other.id !== id)
    .map((method) => ({ method, found: method.claims[0]?.reproductions[0] }));
}
