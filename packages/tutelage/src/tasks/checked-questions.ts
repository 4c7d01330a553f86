import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { jsonRows } from './json-rows.js';
import { sameAnswer } from './verifiable/answers.js';

/** How an answer is compared with the right one. */
const checkers = {
  /** As numbers, lists, or texts without regard to format. */
  answer: sameAnswer,
  /** As texts, but for space around them. */
  exact: (found: string, expected: string) => found.trim() === expected.trim(),
};

/** A question whose answers can be checked. */
export interface CheckedQuestion {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  readonly checker: keyof typeof checkers;
}

export function isRight({ answer, checker }: CheckedQuestion, found: string): boolean {
  return checkers[checker](found, answer);
}

/** What someone wrote to solve a question. */
export interface WrittenSolution {
  readonly question: string;
  readonly source: string;
  readonly text: string;
}

const text = z.string().trim().min(1);
const id = z.union([z.string().trim().min(1), z.int()]).transform(String);
const questionSchema = z.object({
  id: id.optional(),
  question: text,
  answer: z.union([text, z.number()]).transform(String),
  checker: z.enum(['answer', 'exact']).default('answer'),
});
const solutionSchema = z.object({ question: id, source: text, text });

/**
 * Reads questions from JSON lines of `question`, `answer`, perhaps `id` (the number of its line where there is none) and `checker`:
 * `answer` compares numbers, lists and LaTeX by value, `exact` compares texts.
 *
 * @throws {UserError} with its place, for a line that can't be read, and for two equal ids
 */
export async function readCheckedQuestions(path: string): Promise<CheckedQuestion[]> {
  const rows = await jsonRows(path, questionSchema, 'a question');
  if (rows.length === 0) throw new UserError(`no questions: ${path}`);
  const places = new Map<string, number>();
  return rows.map(({ row, value }) => {
    const own = value.id ?? String(row);
    const first = places.get(own);
    if (first !== undefined)
      throw new UserError(`id occurs twice: ${own}, ${path}, lines ${first} and ${row}`);
    places.set(own, row);
    return { ...value, id: own };
  });
}

/**
 * Reads solutions from JSON lines of `question` (an id), `source` (who wrote it) and `text`.
 *
 * @throws {UserError} with its place, for a line that can't be read, and for one of a question that is not there
 */
export async function readSolutions(
  path: string,
  questions: readonly CheckedQuestion[],
): Promise<WrittenSolution[]> {
  const ids = new Set(questions.map((question) => question.id));
  const rows = await jsonRows(path, solutionSchema, 'a solution');
  const unknown = rows.find(({ value }) => !ids.has(value.question));
  if (unknown) throw new UserError(`no such question: ${unknown.value.question}, ${path}:${unknown.row}`);
  return rows.map(({ value }) => value);
}
