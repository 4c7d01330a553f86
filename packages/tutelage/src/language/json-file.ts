import { readFile } from 'node:fs/promises';
import { UserError } from '../core/errors.js';

/** @throws {UserError} when the file can't be read or isn't JSON */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new UserError(`can't read file: ${path}`, { detail: code, cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`not JSON: ${path}`, { detail: String(cause), cause });
  }
}
