import { readFile } from 'node:fs/promises';
import { UserError } from '../../core/errors.js';
import { fileError, firstBytes, readLines } from '../lines.js';
import type { Sink } from './format.js';

/** A JSON object of a log, and where it stands: its line, or its place in the list from 1. */
export interface Statement {
  readonly row: number;
  readonly value: Readonly<Record<string, unknown>>;
}

const mostBytes = 2 ** 28;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of an object; undefined where either is none. */
export function member(value: unknown, ...names: readonly string[]): unknown {
  let found = value;
  for (const name of names) found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  return found;
}

/** The id of something that is given as its id or as an object that has one. */
export function idOf(value: unknown): string | undefined {
  const id = isObject(value) ? value.id : value;
  return typeof id === 'string' && id !== '' ? id : undefined;
}

export function textAt(value: unknown, ...names: readonly string[]): string | undefined {
  const found = member(value, ...names);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...names: readonly string[]): number | undefined {
  const found = member(value, ...names);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

/**
 * The statements of a file of JSON lines, of one list, or of an object that holds the list as one of `lists`; lists within are
 * opened too, as with the envelopes that events are sent in.
 */
export async function readStatements(
  path: string,
  lists: readonly string[],
  reject: Sink['reject'],
): Promise<Statement[]> {
  const found: Statement[] = [];
  const open = (value: unknown, row: number): void => {
    const inner = Array.isArray(value) ? value : lists.map((name) => member(value, name)).find(Array.isArray);
    if (inner) for (const [i, one] of inner.entries()) open(one, Array.isArray(value) ? i + 1 : row);
    else if (isObject(value)) found.push({ row, value });
    else reject(row, 'not a JSON object', JSON.stringify(value));
  };
  if (/\.(jsonl|ndjson)(\.gz)?$/i.test(path)) {
    for await (const batch of readLines(path)) {
      for (const { number, text, problem } of batch) {
        if (text.trim() === '') continue;
        const value = problem === undefined ? parsed(text) : undefined;
        if (value === undefined) reject(number, problem ?? 'not JSON', text);
        else open(value, number);
      }
    }
    return found;
  }
  await firstBytes(path, 1);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  if (text.length > mostBytes) {
    throw new UserError(`too large for one JSON value: ${path}`, {
      hint: 'write one object on each line (.jsonl)',
    });
  }
  const value = parsed(text);
  if (value === undefined) throw new UserError(`not JSON: ${path}`);
  open(value, 1);
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
