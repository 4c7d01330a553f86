import { UserError } from '../core/errors.js';

/** A value that JSON can hold. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

export type JsonObject = { readonly [key: string]: JsonValue };

/** Whether a value is a plain object, as `JSON.parse` makes them. */
export function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Checks that a value comes back from JSON as it was. `JSON.stringify` alone loses NaN, infinities, minus zero,
 * `undefined`, typed arrays, maps and dates without a word, and a run resumed from what is left goes another way.
 *
 * @param where how messages call the value, such as `state`.
 * @throws {UserError} naming the first part that would be lost, such as `state.bandit.counts[3]: NaN`.
 */
export function assertJson(value: unknown, where: string): asserts value is JsonValue {
  const lost = findLoss(value, where, new Set());
  if (lost === undefined) return;
  throw new UserError(`${lost}: JSON can't hold this`, {
    hint: 'keep to finite numbers, strings, booleans, null, arrays and plain objects, and put arrays of numbers in tensors',
  });
}

function findLoss(value: unknown, where: string, parents: Set<unknown>): string | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return undefined;
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return `${where}: -0`;
    return Number.isFinite(value) ? undefined : `${where}: ${value}`;
  }
  if (parents.has(value)) return `${where}: a reference to its own parent`;
  if (!Array.isArray(value) && !isObject(value)) return `${where}: ${describe(value)}`;
  parents.add(value);
  const parts: Iterable<[string, unknown]> = Array.isArray(value)
    ? Array.from(value, (part: unknown, index) => [`[${index}]`, part])
    : Object.entries(value).map(([key, part]) => [`.${key}`, part]);
  for (const [key, part] of parts) {
    const lost = findLoss(part, where + key, parents);
    if (lost !== undefined) return lost;
  }
  parents.delete(value);
  return undefined;
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? Object.prototype.toString.call(value).slice(8, -1)
    : String(value);
}
