import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { normaliseText } from './duplicates.js';
import { jsonRows } from './json-rows.js';
import { finalAnswer, sameAnswer } from './verifiable/answers.js';

/** How a response to a question is judged. */
export const itemCheckers = ['answer', 'exact', 'pattern'] as const;
export type ItemChecker = (typeof itemCheckers)[number];

/** A question to practise on, whose responses can be judged. */
export interface PracticeItem {
  readonly id: string;
  readonly question: string;
  /** The right answer; a regular expression that a right response matches, where the checker is `pattern`. */
  readonly answer: string;
  /** `answer` compares the final answer of a response by value, `exact` the whole response as a text. */
  readonly checker: ItemChecker;
  /** What a student learns to say; the answer where there is none. */
  readonly solution?: string;
  readonly skill?: string;
}

/** Whether a response to a question is right. */
export function isRightResponse(
  { answer, checker }: Pick<PracticeItem, 'answer' | 'checker'>,
  response: string,
): boolean {
  if (checker === 'pattern') return new RegExp(answer).test(response);
  if (checker === 'exact') return response.trim() === answer.trim();
  return sameAnswer(finalAnswer(response) ?? response, answer);
}

/** Whether a response holds something that can be judged at all. */
export function isParsable({ checker }: Pick<PracticeItem, 'checker'>, response: string): boolean {
  return checker === 'answer' ? finalAnswer(response) !== undefined : response.trim() !== '';
}

/** Whether a solution comes to the answer that stands beside it, as far as that can be told. */
export function solutionAgrees({
  answer,
  checker,
  solution,
}: Omit<PracticeItem, 'id' | 'question'>): boolean {
  const found = checker === 'answer' && solution !== undefined ? finalAnswer(solution) : undefined;
  return found === undefined || sameAnswer(found, answer);
}

const text = z.string().trim().min(1);
const itemSchema = z
  .object({
    id: z.union([text, z.int()]).transform(String).optional(),
    question: text,
    answer: z.union([text, z.number()]).transform(String),
    checker: z.enum(itemCheckers).exactOptional(),
    solution: text.exactOptional(),
    skill: text.exactOptional(),
  })
  .refine(
    ({ answer, checker }) => checker !== 'pattern' || isPattern(answer),
    'answer is no regular expression',
  );

/**
 * Reads questions from JSON lines of `question`, `answer`, and perhaps `id` (the number of its line where there is none), `checker`,
 * `solution` and `skill`.
 *
 * @param checker of lines that name none
 * @throws {UserError} with its place: for a line that can't be read, for two equal ids, and for a question to which silence is right
 */
export async function readPracticeItems(path: string, checker: ItemChecker): Promise<PracticeItem[]> {
  const rows = await jsonRows(path, itemSchema, 'a question');
  if (rows.length === 0) throw new UserError(`no questions: ${path}`);
  const places = new Map<string, number>();
  return rows.map(({ row, value }) => {
    const item = { checker, ...value, id: value.id ?? String(row) };
    const first = places.get(item.id);
    if (first !== undefined) {
      throw new UserError(`id occurs twice: ${item.id}, ${path}, lines ${first} and ${row}`);
    }
    places.set(item.id, row);
    if (isRightResponse(item, '')) {
      throw new UserError(`an empty answer counts as right: question ${item.id}, ${path}:${row}`, {
        hint: 'its answer or its checker must tell a right answer from none',
      });
    }
    return item;
  });
}

/** Questions by what counts as the same one: without regard to case and space. */
export function questionSet(...items: readonly (readonly PracticeItem[])[]): Set<string> {
  return new Set(items.flat().map(({ question }) => normaliseText(question)));
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}
