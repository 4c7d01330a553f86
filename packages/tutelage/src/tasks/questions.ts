import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { schemaProblems } from '../core/schema-problem.js';

/** A question with one right answer. */
export interface Question {
  readonly id: string;
  readonly text: string;
  /** The answers to choose from; empty where a number is asked for. */
  readonly options: readonly string[];
  /** One of the options, or a number. */
  readonly answer?: string;
  /** What a person says to explain the answer. */
  readonly explanation?: string;
}

const text = z.string().trim().min(1);
const itemSchema = z.object({
  id: z.union([z.string(), z.int()]).optional(),
  qid: z.string().optional(),
  question: text,
  options: z.array(text).min(2).optional(),
  answer: z.union([z.string(), z.number(), z.boolean()]).nullish(),
  explanation: z.string().optional(),
  facts: z.array(z.string()).optional(),
});

/**
 * Reads questions from JSON lines, or from a JSON list: `question`, and where there are `options`, `answer` and `explanation`.
 * StrategyQA's file is read as it is published (yes or no, its facts as the explanation), and so is GSM8K's (a number, the solution
 * without the marks of its calculator as the explanation).
 *
 * @throws {UserError} with its place, for an item that can't be read, an answer that is none of the options, or two equal ids
 */
export function readQuestions(path: string): Question[] {
  const entries = entriesOf(path);
  const questions = entries.map(({ value, place }) => questionOf(value, place));
  if (questions.length === 0) throw new UserError(`no questions: ${path}`);
  const seen = new Map<string, string>();
  questions.forEach(({ id }, i) => {
    const first = seen.get(id);
    if (first !== undefined) throw new UserError(`id occurs twice: ${id}, ${first} and ${entries[i]!.place}`);
    seen.set(id, entries[i]!.place);
  });
  return questions;
}

function entriesOf(path: string): { value: unknown; place: string }[] {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch {
    throw new UserError(`can't be read: ${path}`, {
      hint: 'give a file of JSON lines, one question on each',
    });
  }
  if (content.trimStart().startsWith('[')) {
    const list = parsed(content, path);
    return (list as unknown[]).map((value, i) => ({ value, place: `${path}, item ${i + 1}` }));
  }
  return content
    .split('\n')
    .map((line, i) => ({ line, place: `${path}:${i + 1}` }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, place }) => ({ value: parsed(line, place), place }));
}

function parsed(json: string, place: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new UserError(`not JSON: ${place}`, { hint: 'questions are JSON lines, or one JSON list' });
  }
}

function questionOf(value: unknown, place: string): Question {
  const read = itemSchema.safeParse(value);
  if (!read.success) {
    throw new UserError(`not a question: ${place}: ${schemaProblems(read.error, 'item')[0]}`);
  }
  const { id, qid, question, answer, facts } = read.data;
  const solution = typeof answer === 'string' && answer.includes('####') ? workedSolution(answer) : undefined;
  const given = solution?.answer ?? (typeof answer === 'boolean' ? (answer ? 'yes' : 'no') : answer);
  const isYesNo = /^(yes|no)$/i.test(String(given ?? ''));
  const options = read.data.options ?? (isYesNo ? ['yes', 'no'] : []);
  const explanation = read.data.explanation ?? solution?.explanation ?? facts?.join(' ');
  return {
    id: String(id ?? qid ?? place.match(/\d+$/)?.[0]),
    text: question,
    options,
    ...(given !== null && given !== undefined && { answer: checkedAnswer(String(given), options, place) }),
    ...(explanation !== undefined && explanation.trim() !== '' && { explanation: explanation.trim() }),
  };
}

/** The steps of a solution without its calculator marks, and the number behind the last one. */
function workedSolution(solution: string): { readonly explanation: string; readonly answer: string } {
  const [steps, number] = solution.split('####') as [string, string];
  return {
    explanation: steps
      .replaceAll(/<<[^>]*>>/g, '')
      .trim()
      .replaceAll(/\s*\n\s*/g, ' '),
    answer: number.trim().replaceAll(',', ''),
  };
}

function checkedAnswer(answer: string, options: readonly string[], place: string): string {
  if (options.length === 0) {
    if (/^-?\d+(\.\d+)?$/.test(answer.trim())) return answer.trim();
    throw new UserError(`the answer is no number, and there are no options: ${answer}, ${place}`, {
      hint: 'list the answers to choose from under "options"',
    });
  }
  const found = options.find((option) => option.toLowerCase() === answer.trim().toLowerCase());
  if (found !== undefined) return found;
  throw new UserError(`the answer is none of the options: ${answer}, ${place}`);
}
