import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { schemaProblems } from '../core/schema-problem.js';
import { readLines } from './lines.js';
import { openRejectLog, type RejectSummary, whyNone } from './rejected.js';

/** Two answers to a prompt, the better one first. */
export interface PreferencePair {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
}

export interface PreferencePairs {
  readonly pairs: readonly PreferencePair[];
  readonly rejected: RejectSummary;
}

const text = z.string().refine((s) => s.trim() !== '', 'is empty');
const rowSchema = z.object({ prompt: text.optional(), chosen: text, rejected: text });

/** Where an answer begins in a conversation that is written as one text, as in HH-RLHF (Bai et al. 2022). */
const turn = '\n\nAssistant:';

/**
 * Reads JSON lines of `{prompt, chosen, rejected}`. Without a prompt, both texts are conversations, and the answer is what follows their
 * last common turn of the assistant. Rows that can't be used are set aside.
 *
 * @param rejectedPath where to write them
 * @throws {UserError} when the file can't be read, or nothing is left
 */
export async function readPreferencePairs(path: string, rejectedPath?: string): Promise<PreferencePairs> {
  const log = openRejectLog(rejectedPath);
  const pairs: PreferencePair[] = [];
  for await (const lines of readLines(path)) {
    for (const { number: row, text: raw, problem } of lines) {
      if (raw.trim() === '' && problem === undefined) continue;
      const found = problem ?? pairOf(raw);
      if (typeof found === 'string') log.add({ source: path, row, reason: found, raw });
      else pairs.push(found);
    }
  }
  const rejected = log.close();
  if (pairs.length === 0) {
    throw new UserError(`no pairs: ${path}`, {
      detail: whyNone(rejected),
      hint: 'each line needs a prompt, a chosen and a rejected answer',
    });
  }
  return { pairs, rejected };
}

/** The pair of a line, or why there is none. */
function pairOf(raw: string): PreferencePair | string {
  let json: unknown;
  try {
    json = JSON.parse(raw);
  } catch {
    return 'not JSON';
  }
  const read = rowSchema.safeParse(json);
  if (!read.success) return schemaProblems(read.error, 'line')[0];
  const { prompt, chosen, rejected } = read.data;
  if (chosen === rejected) return 'chosen equals rejected';
  if (prompt !== undefined) return { prompt, chosen, rejected };
  let common = 0;
  while (common < chosen.length && chosen[common] === rejected[common]) common++;
  const start = chosen.lastIndexOf(turn, common);
  if (start < 0) return 'no prompt, and no common turn of the assistant';
  const end = start + turn.length;
  const answers = { chosen: chosen.slice(end), rejected: rejected.slice(end) };
  if (answers.chosen.trim() === '' || answers.rejected.trim() === '') return 'an answer is empty';
  return { prompt: chosen.slice(0, end), ...answers };
}
