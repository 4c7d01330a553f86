import { basename } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { given } from '../core/given.js';
import { schemaProblems } from '../core/schema-problem.js';
import { readLines } from './lines.js';
import { checkRejected, openRejectLog, type RejectSummary } from './rejected.js';
import { finalAnswer } from './verifiable/answers.js';

/** A question, perhaps with a solution, its final answer, and the skills that it needs. */
export interface SkillItem {
  readonly id: string;
  readonly question: string;
  readonly solution?: string;
  readonly answer?: string;
  /** None where the file does not tell. */
  readonly skills: readonly string[];
}

/** What a student said to a question. */
export interface LoggedAnswer {
  readonly id: string;
  readonly response: string;
  /** Where somebody marked it. */
  readonly correct?: boolean;
}

const text = z.string().trim().min(1);
const id = z.union([text, z.int().transform(String)]);
const skills = z.union([
  z.array(text),
  z.string().transform((names) =>
    names
      .split(/[;|]/)
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
]);
const itemSchema = z
  .object({
    id: id.optional(),
    question: text.optional(),
    problem: text.optional(),
    solution: text.optional(),
    answer: z.union([text, z.number().transform(String)]).optional(),
    skills: skills.optional(),
  })
  .refine((item) => (item.question ?? item.problem) !== undefined, 'question is missing');
const answerSchema = z.object({ id, response: z.string(), correct: z.boolean().optional() });
const scoresSchema = z.object({ id, steps: z.array(z.number().min(0).max(1)).min(1) });

/**
 * Reads questions from JSON lines: `question` (or `problem`), `solution`, `answer`, `id`, and `skills` as a list or as names between
 * semicolons. GSM8K's and MATH's files are read as they are published: an answer that ends with `#### 72` is a solution.
 *
 * @param solved whether every question must have a solution; those without are set aside
 * @throws {UserError} when the file can't be read, an id occurs twice, or too many lines can't be used
 */
export async function readSkillItems(
  path: string,
  { solved, rejectedPath }: { readonly solved: boolean; readonly rejectedPath?: string },
): Promise<{ readonly items: readonly SkillItem[]; readonly rejected: RejectSummary }> {
  const items = new Map<string, SkillItem>();
  const rejected = await readObjects(path, itemSchema, rejectedPath, (read, row) => {
    const whole = read.answer?.includes('####') ? read.answer : undefined;
    const solution = read.solution ?? whole;
    if (solved && solution === undefined) return 'solution is missing';
    const answer =
      whole === undefined && read.answer !== undefined ? read.answer : solution && finalAnswer(solution);
    const item: SkillItem = {
      id: read.id ?? `${basename(path)}:${row}`,
      question: (read.question ?? read.problem)!,
      ...given({ solution, answer }),
      skills: read.skills ?? [],
    };
    if (items.has(item.id)) throw new UserError(`id occurs twice: ${item.id}: ${path}:${row}`);
    items.set(item.id, item);
    return undefined;
  });
  if (items.size === 0) throw new UserError(`no questions: ${path}`);
  return { items: [...items.values()], rejected };
}

/**
 * Reads what a student said, from JSON lines of `id`, `response`, and `correct` where somebody marked it. A question may have several
 * answers.
 */
export async function readLoggedAnswers(path: string): Promise<Map<string, LoggedAnswer[]>> {
  const found = new Map<string, LoggedAnswer[]>();
  await readObjects(path, answerSchema, undefined, ({ id: own, response, correct }) => {
    const answer = { id: own, response, ...given({ correct }) };
    found.set(own, [...(found.get(own) ?? []), answer]);
    return undefined;
  });
  return found;
}

/** Reads what a process reward model gave the steps of answers, in [0, 1], from JSON lines of `id` and `steps`. */
export async function readStepScores(path: string): Promise<Map<string, readonly number[]>> {
  const found = new Map<string, readonly number[]>();
  await readObjects(path, scoresSchema, undefined, ({ id: own, steps }) => {
    found.set(own, steps);
    return undefined;
  });
  return found;
}

const mostRejected = 0.05;

/** @param use gives why an object can't be used, if it can't */
async function readObjects<T>(
  path: string,
  schema: z.ZodType<T>,
  rejectedPath: string | undefined,
  use: (read: T, row: number) => string | undefined,
): Promise<RejectSummary> {
  const log = openRejectLog(rejectedPath);
  let total = 0;
  let summary: RejectSummary;
  try {
    for await (const lines of readLines(path)) {
      for (const { number: row, text: raw, problem } of lines) {
        if (raw.trim() === '' && problem === undefined) continue;
        total++;
        const reason = problem ?? used(raw, row, schema, use);
        if (reason !== undefined) log.add({ source: basename(path), row, reason, raw });
      }
    }
  } finally {
    summary = log.close();
  }
  checkRejected(summary, total, mostRejected);
  return summary;
}

function used<T>(
  raw: string,
  row: number,
  schema: z.ZodType<T>,
  use: (read: T, row: number) => string | undefined,
): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(raw);
  } catch {
    return 'not JSON';
  }
  const read = schema.safeParse(json);
  if (read.success) return use(read.data, row);
  return schemaProblems(read.error)[0];
}
