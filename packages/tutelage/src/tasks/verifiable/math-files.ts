import { basename } from 'node:path';
import { UserError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import { checkRejected, openRejectLog, type RejectSummary } from '../rejected.js';
import { type BadRow, openTable, type Row } from '../table.js';
import { finalAnswer } from './answers.js';
import type { Worked } from './worked.js';

export interface MathProblems {
  readonly problems: readonly Example<string, Worked>[];
  readonly rejected: RejectSummary;
}

export interface MathFileOptions {
  /** Where to write the rows that can't be used. */
  readonly rejectedPath?: string;
  /** The share of rows that may be rejected before reading fails, in [0, 1]; 0.05 if not given. */
  readonly maxRejectedShare?: number;
}

/** Names that files of problems use. The first that a file has counts. */
const roles = {
  question: ['question', 'problem', 'prompt', 'body'],
  solution: ['solution', 'answer', 'rationale'],
  answer: ['final_answer', 'answer'],
  id: ['id', 'unique_id', 'idx'],
  skill: ['type', 'subject', 'skill', 'solution_type'],
  level: ['level', 'difficulty'],
} as const;
type RoleName = keyof typeof roles;

/**
 * Reads problems with worked solutions: GSM8K's files (Cobbe et al. 2021: question, and an answer that ends with `#### 72`), MATH's
 * (Hendrycks et al. 2021: problem, solution with a boxed answer, type, level), and any table with such columns. Where there is a
 * solution and an answer, the answer's own column counts; otherwise the final answer is found in the solution.
 *
 * @throws {UserError} if the file can't be read, has no questions or solutions, or too many rows can't be used
 */
export async function readMathProblems(file: string, options: MathFileOptions = {}): Promise<MathProblems> {
  const table = await openTable(file);
  const names = namesIn(table.columns);
  for (const role of ['question', 'solution'] as const) {
    if (names[role] !== undefined) continue;
    throw new UserError(`no column of ${role}s: ${table.path}`, {
      detail: `it has ${table.columns.join(', ')}`,
      hint: `name one of them ${roles[role].join(' or ')}`,
    });
  }
  const present = (Object.keys(roles) as RoleName[]).filter((role) => names[role] !== undefined);
  const columns = present.map((role) => names[role]!);
  const source = basename(table.path);
  const log = openRejectLog(options.rejectedPath);
  const problems: Example<string, Worked>[] = [];
  let total = 0;
  let rejected: RejectSummary;
  try {
    for await (const batch of table.rows(columns)) {
      for (const row of batch) {
        total++;
        const found = 'problem' in row ? row.problem : problemOf(row, present, source);
        if (typeof found !== 'string') problems.push(found);
        else log.add({ source, row: row.row, reason: found, raw: rawOf(row) });
      }
    }
  } finally {
    rejected = log.close();
  }
  checkRejected(rejected, total, options.maxRejectedShare ?? 0.05);
  return { problems, rejected };
}

function namesIn(columns: readonly string[]): Partial<Record<RoleName, string>> {
  const find = (wanted: readonly string[]) =>
    wanted.flatMap((name) => columns.filter((column) => column.toLowerCase() === name))[0];
  const found = Object.fromEntries(
    Object.entries(roles).flatMap(([role, wanted]) => {
      const name = find(wanted);
      return name === undefined ? [] : [[role, name]];
    }),
  ) as Partial<Record<RoleName, string>>;
  // One column called answer is a whole solution, as GSM8K's.
  if (found.answer !== undefined && found.answer === found.solution) delete found.answer;
  return found;
}

/** The problem of a row, or why there is none. */
function problemOf(row: Row, present: readonly RoleName[], source: string): Example<string, Worked> | string {
  const text = (role: RoleName) => {
    const cell = row.cells[present.indexOf(role)];
    return typeof cell === 'string' && cell.trim() !== '' ? cell.trim() : undefined;
  };
  const [question, solution] = [text('question'), text('solution')];
  if (question === undefined) return 'question is missing';
  if (solution === undefined) return 'solution is missing';
  const answer = text('answer') ?? finalAnswer(solution);
  if (answer === undefined) return 'no final answer in the solution';
  const skill = text('skill');
  const level = /\d+(?:\.\d+)?/.exec(text('level') ?? '')?.[0];
  return {
    id: text('id') ?? `${source}:${row.row}`,
    input: question,
    target: { steps: stepsOf(solution), answer },
    ...(skill !== undefined && { skills: [skill] }),
    ...(level !== undefined && { difficulty: Number(level) }),
  };
}

/** Lines of a solution without the line of the answer and without GSM8K's notes for a calculator. */
function stepsOf(solution: string): string[] {
  return solution
    .replace(/<<[^>]*>>/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('####'));
}

function rawOf(row: Row | BadRow): string {
  return 'raw' in row ? row.raw : JSON.stringify(row.cells);
}
