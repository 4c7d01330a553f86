import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { fileError } from '../lines.js';
import { caliperEvents } from './caliper.js';
import { ednetFolder } from './ednet.js';
import type { InteractionFormat } from './format.js';
import { linesOfLearners, tableOfLearners } from './pykt.js';
import { member, readStatements } from './statements.js';
import { tableOfAnswers } from './tables.js';
import { xapiStatements } from './xapi.js';

/** What the user may say of a file, in a JSON file of its own. */
const description = z.strictObject({
  /** Beside the description. */
  file: z.string(),
  columns: z
    .partialRecord(z.enum(['learner', 'question', 'response', 'concepts', 'time', 'duration']), z.string())
    .optional(),
  separator: z.string().min(1).optional(),
  threshold: z.number().optional(),
  conceptExtension: z.string().optional(),
});

type Description = z.output<typeof description>;

/**
 * Recognises a file or folder of answers: EdNet KT1 to KT4, pyKT's and older files of several lines a learner, ASSISTments 2009 and
 * 2015, DataShop, Caliper, xAPI, a table whose columns have telling names, or a JSON description of one of these.
 *
 * @throws {UserError} for what is none of them
 */
export async function openInteractions(path: string): Promise<InteractionFormat> {
  const found = statOf(path);
  if (found.isDirectory()) {
    const folder = await ednetFolder(path);
    if (folder) return folder;
    throw new UserError(`no answers of learners: ${path}`, {
      hint: "a folder must hold EdNet's u*.csv; name the file otherwise",
    });
  }
  if (/\.json(l|\.gz)?$|\.ndjson$/i.test(path)) return openJson(path);
  return openText(path, undefined);
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (cause) {
    throw fileError(path, cause);
  }
}

async function openText(path: string, described: Description | undefined): Promise<InteractionFormat> {
  if (described?.columns) return tableOfAnswers(path, described);
  return (
    (await linesOfLearners(path)) ?? (await tableOfLearners(path)) ?? tableOfAnswers(path, described ?? {})
  );
}

async function openJson(path: string): Promise<InteractionFormat> {
  const described = describedBy(path);
  const file = described ? resolve(dirname(path), described.file) : path;
  if (described && !/\.(json|jsonl|ndjson)$/i.test(file)) return openText(file, described);
  const [first] = await readStatements(file, ['statements', 'data'], () => {});
  const value = first?.value;
  if (member(value, 'verb') !== undefined) return xapiStatements(file, described);
  const type = member(value, 'type') ?? member(value, '@type');
  if (typeof type === 'string' && /Event$/.test(type)) return caliperEvents(file, described?.threshold);
  return tableOfAnswers(file, described ?? {});
}

function describedBy(path: string): Description | undefined {
  if (!/\.json$/i.test(path)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // Told as what it is when it is read.
  }
  if (typeof member(value, 'file') !== 'string') return undefined;
  const read = description.safeParse(value);
  if (read.success) return read.data;
  const { path: at, message } = read.error.issues[0]!;
  throw new UserError(`description of answers: ${path}: ${at.join('.')}: ${message}`);
}
