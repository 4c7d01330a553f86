import { readFile } from 'node:fs/promises';
import { UserError } from '../core/errors.js';
import { reason } from '../runs/file-errors.js';

/** @throws {UserError} when the file can't be read or isn't JSON */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UserError(`can't read file: ${path}`, { detail: reason(cause), cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`not JSON: ${path}`, { detail: reason(cause), cause });
  }
}
