import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { UserError } from '../core/errors.js';
import { schemaProblems } from '../core/schema-problem.js';
import { readJson } from '../language/json-file.js';
import { openTable } from './table.js';

/** A prompt, and the answer to it where the file tells. */
export interface PromptRow {
  readonly prompt: string;
  readonly answer?: string;
}

/** Names that files of prompts use. The first that a file has counts. */
const promptNames = ['prompt', 'question', 'instruction', 'input', 'text'];
const answerNames = ['answer', 'response', 'completion', 'output', 'reference'];

/**
 * Reads prompts, and the answers to them where there is a column of these, from a table file or from plain text, a line each. Rows without
 * a prompt are left out and counted.
 *
 * @throws {UserError} if the file can't be read or has no prompts
 */
export async function readPrompts(
  path: string,
): Promise<{ readonly rows: readonly PromptRow[]; readonly skipped: number }> {
  const table = await openTable(path);
  const find = (names: readonly string[]) =>
    names.flatMap((name) => table.columns.filter((column) => column.toLowerCase() === name))[0];
  const [prompt, answer] = [
    find(promptNames) ?? (table.columns.length === 1 ? table.columns[0] : undefined),
    find(answerNames),
  ];
  if (prompt === undefined) {
    throw new UserError(`no column of prompts: ${table.path}`, {
      detail: table.columns.length > 0 ? `it has ${table.columns.join(', ')}` : 'it has no columns',
      hint: `name one of them ${promptNames.join(' or ')}`,
    });
  }
  const rows: PromptRow[] = [];
  let skipped = 0;
  for await (const batch of table.rows([prompt, ...(answer === undefined ? [] : [answer])])) {
    for (const row of batch) {
      const [first, second] = 'cells' in row ? row.cells : [];
      if (typeof first !== 'string' || first.trim() === '') skipped++;
      else
        rows.push({
          prompt: first,
          ...(typeof second === 'string' && second.trim() !== '' && { answer: second }),
        });
    }
  }
  if (rows.length === 0) throw new UserError(`no prompts: ${table.path}`);
  return { rows, skipped };
}

/**
 * Reads a JSON file that names other files, whose paths are meant from its folder.
 *
 * @throws {UserError} when it does not have what the schema asks for, with the field
 */
export async function readPlan<S extends z.ZodType>(
  path: string,
  schema: S,
): Promise<{ readonly plan: z.output<S>; at(file: string): string }> {
  const read = schema.safeParse(await readJson(path));
  if (!read.success) {
    const [first, ...others] = schemaProblems(read.error);
    throw new UserError(`${path}: ${first}`, others.length > 0 ? { detail: others.join('\n') } : {});
  }
  const folder = dirname(resolve(path));
  return { plan: read.data, at: (file) => resolve(folder, file) };
}
