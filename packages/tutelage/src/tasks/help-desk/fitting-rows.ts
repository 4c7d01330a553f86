import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { schemaProblems } from '../../core/schema-problem.js';
import type { HelpDeskReading } from './help-desk.js';

/**
 * Rows of a JSON file: an array, an object with an array under `data`, or one object a line. Those that do not fit are rejected.
 *
 * @throws {UserError} when the file can't be read, or is none of them
 */
export async function fittingRows<T>(
  path: string,
  schema: z.ZodType<T>,
  reading: HelpDeskReading,
): Promise<T[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UserError(`can't read: ${path}`, { cause });
  });
  return parsed(text, path).flatMap((row, place) => {
    reading.total++;
    const checked = schema.safeParse(row);
    if (checked.success) return [checked.data];
    const [reason] = schemaProblems(checked.error, 'row');
    reading.log.add({ source: path, row: place + 1, reason, raw: JSON.stringify(row) ?? '' });
    return [];
  });
}

function parsed(text: string, path: string): unknown[] {
  try {
    const content: unknown = /^\s*\{.*\}\s*\n\s*\{/.test(text)
      ? text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line)]))
      : JSON.parse(text);
    if (Array.isArray(content)) return content;
    if (typeof content === 'object' && content !== null && 'data' in content && Array.isArray(content.data)) {
      return content.data;
    }
    return [content];
  } catch (cause) {
    throw new UserError(`not JSON: ${path}`, { detail: cause instanceof Error ? cause.message : '', cause });
  }
}
