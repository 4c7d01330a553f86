import { createHash } from 'node:crypto';

/** SHA-256 of a string's UTF-8 bytes, 64 hexadecimal digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * A number in [0, 1) that depends on the keys alone: counter-based randomness without a generator's state,
 * so that the same draw comes out whatever the order in which parallel callers ask.
 */
export function uniform(...keys: readonly (string | number)[]): number {
  return Number.parseInt(sha256(JSON.stringify(keys)).slice(0, 12), 16) / 2 ** 48;
}
