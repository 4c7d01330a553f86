import type { z } from 'zod';
import { UserError } from '../core/errors.js';
import { schemaProblems } from '../core/schema-problem.js';
import { readLines } from './lines.js';

/**
 * Reads JSON lines that must all be of one form; empty lines are passed over.
 *
 * @param what a line stands for, for the message
 * @throws {UserError} with its place, for the first line that is not of the form
 */
export async function jsonRows<T extends z.ZodType>(
  path: string,
  schema: T,
  what: string,
): Promise<{ readonly row: number; readonly value: z.output<T> }[]> {
  const rows: { row: number; value: z.output<T> }[] = [];
  for await (const lines of readLines(path)) {
    for (const { number: row, text: raw, problem } of lines) {
      if (raw.trim() === '' && problem === undefined) continue;
      const json = problem === undefined ? jsonOf(raw) : undefined;
      const read = schema.safeParse(json);
      if (read.success) {
        rows.push({ row, value: read.data });
        continue;
      }
      const fault = json === undefined ? 'not JSON' : schemaProblems(read.error, 'line')[0];
      throw new UserError(`not ${what}: ${path}:${row}: ${problem ?? fault}`);
    }
  }
  return rows;
}

function jsonOf(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}
