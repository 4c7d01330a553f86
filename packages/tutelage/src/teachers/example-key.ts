import { createHash, type Hash } from 'node:crypto';
import { UserError } from '../core/errors.js';
import type { SignalKind } from '../core/signal.js';
import type { Attempted } from '../core/teacher.js';
import type { SignalKey } from './segment.js';

/**
 * The key of what a teacher says of an example: the first 16 bytes of a SHA-256 over the kind of signal, the teacher's fingerprint,
 * the example's input and, where there is one, the student's attempt. Ids and targets don't count: they tell the teacher nothing.
 *
 * @throws {UserError} for inputs other than plain data and typed arrays
 */
export function signalKey<I, A>(
  teacher: { readonly kind: SignalKind; readonly fingerprint: string },
  { example, attempt }: Attempted<I, A>,
): SignalKey {
  const hash = createHash('sha256');
  for (const part of [teacher.kind, teacher.fingerprint, example.input]) addValue(hash, part);
  if (attempt !== undefined) addValue(hash, attempt);
  return hash.digest().toString('latin1', 0, 16);
}

/**
 * Feeds a value to a hash in a form that no other value has: each part with its type and length, records in the order of their keys.
 * Members that are undefined count as absent.
 */
export function addValue(hash: Hash, value: unknown): void {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    hash.update(`s${bytes.length}:`).update(bytes);
  } else if (ArrayBuffer.isView(value)) {
    hash.update(`${value.constructor.name}${value.byteLength}:`);
    hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  } else if (Array.isArray(value)) {
    hash.update(`a${value.length}:`);
    for (const part of value) addValue(hash, part);
  } else if (isRecord(value)) {
    const members = Object.entries(value).filter(([, part]) => part !== undefined);
    hash.update(`o${members.length}:`);
    for (const [name, part] of members.sort(([a], [b]) => (a < b ? -1 : 1))) {
      addValue(hash, name);
      addValue(hash, part);
    }
  } else if (['number', 'boolean', 'bigint', 'undefined'].includes(typeof value) || value === null) {
    hash.update(`${typeof value} ${Object.is(value, -0) ? '-0' : String(value)};`);
  } else {
    throw new UserError(
      `an example's input can't be told from others: ${Object.prototype.toString.call(value)}`,
      {
        hint: 'use strings, numbers, typed arrays, and arrays and plain objects of these',
      },
    );
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
