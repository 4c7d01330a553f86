import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { schemaProblems } from '../core/schema-problem.js';
import { readLines } from './lines.js';
import { openRejectLog, type RejectSummary, whyNone } from './rejected.js';

/** A prompt with several answers, each with a rating; greater is better. */
export interface RatedPrompt {
  readonly prompt: string;
  readonly answers: readonly { readonly text: string; readonly rating: number }[];
}

export interface RatedPrompts {
  readonly prompts: readonly RatedPrompt[];
  readonly rejected: RejectSummary;
}

const rating = z.number({ error: 'rating is not a number' });
const text = z.string().trim().min(1, 'an answer is empty');
const wholeSchema = z.object({ prompt: z.string().min(1), responses: z.array(z.object({ text, rating })) });
const singleSchema = z.object({ prompt: z.string().min(1), response: text, rating });

/**
 * Reads JSON lines of `{prompt, responses: [{text, rating}]}`, or of `{prompt, response, rating}`, which are put together by their prompts.
 * Prompts with fewer than `leastRatings` different ratings, and rows that can't be read, are set aside.
 *
 * @param rejectedPath where to write them
 * @throws {UserError} when the file can't be read, or nothing is left
 */
export async function readRatedAnswers(
  path: string,
  leastRatings: number,
  rejectedPath?: string,
): Promise<RatedPrompts> {
  const log = openRejectLog(rejectedPath);
  const answers = new Map<string, { readonly row: number; readonly all: RatedPrompt['answers'][number][] }>();
  for await (const lines of readLines(path)) {
    for (const { number: row, text: raw, problem } of lines) {
      if (raw.trim() === '' && problem === undefined) continue;
      const found = problem ?? parsed(raw);
      if (typeof found === 'string') {
        log.add({ source: path, row, reason: found, raw });
        continue;
      }
      const own = 'responses' in found ? found.responses : [{ text: found.response, rating: found.rating }];
      const known = answers.get(found.prompt);
      if (known) known.all.push(...own);
      else answers.set(found.prompt, { row, all: own });
    }
  }
  const prompts: RatedPrompt[] = [];
  for (const [prompt, { row, all }] of answers) {
    const distinct = new Set(all.map((answer) => answer.rating)).size;
    if (distinct >= leastRatings) prompts.push({ prompt, answers: all });
    else log.add({ source: path, row, reason: `fewer than ${leastRatings} different ratings`, raw: prompt });
  }
  const rejected = log.close();
  if (prompts.length === 0) {
    throw new UserError(`no prompt with ${leastRatings} different ratings: ${path}`, {
      detail: whyNone(rejected),
      hint: 'each line needs a prompt, and responses with a text and a rating each',
    });
  }
  return { prompts, rejected };
}

function parsed(raw: string): z.infer<typeof wholeSchema> | z.infer<typeof singleSchema> | string {
  let json: unknown;
  try {
    json = JSON.parse(raw);
  } catch {
    return 'not JSON';
  }
  const whole = typeof json === 'object' && json !== null && 'responses' in json;
  const read = (whole ? wholeSchema : singleSchema).safeParse(json);
  if (read.success) return read.data;
  return schemaProblems(read.error)[0];
}
