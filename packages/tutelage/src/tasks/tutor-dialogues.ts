import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { readJson } from '../language/json-file.js';
import { readLines } from './lines.js';
import { openRejectLog, type RejectSummary, whyNone } from './rejected.js';
import { type CodeBook, codeBookSchema, type TutorTurn, unknownCode } from './tutor-codes.js';

/** What somebody says in a dialogue, perhaps with codes of what that is. */
export interface DialogueRow {
  readonly by: 'tutor' | 'learner';
  readonly text: string;
  readonly codes?: Readonly<Record<string, string>>;
}

export interface Dialogue {
  /** Its line in the file, from 1. */
  readonly line: number;
  readonly rows: readonly DialogueRow[];
}

const codesSchema = z.record(z.string(), z.union([z.string(), z.number()]).transform(String));
const rowSchema = z.object({ role: z.string(), text: z.string(), codes: codesSchema.optional() });
const lineSchema = z.union([z.array(rowSchema), z.object({ turns: z.array(rowSchema) })]);

const roles: Readonly<Record<string, DialogueRow['by']>> = {
  tutor: 'tutor',
  teacher: 'tutor',
  assistant: 'tutor',
  learner: 'learner',
  student: 'learner',
  user: 'learner',
};

/**
 * Reads dialogues, one a line, as JSON: a list of `{role, text, codes?}`, or an object with such a list as `turns`. What a system says is
 * left out, and dialogues of fewer than `leastRows` rows, and lines that can't be read, are set aside.
 *
 * @throws {UserError} when the file can't be read, or nothing is left
 */
export async function readDialogues(
  path: string,
  leastRows: number,
): Promise<{ readonly dialogues: readonly Dialogue[]; readonly rejected: RejectSummary }> {
  const log = openRejectLog();
  const dialogues: Dialogue[] = [];
  for await (const lines of readLines(path)) {
    for (const { number: line, text: raw, problem } of lines) {
      if (raw.trim() === '' && problem === undefined) continue;
      const rows = problem ?? rowsOf(raw, leastRows);
      if (typeof rows === 'string') log.add({ source: path, row: line, reason: rows, raw });
      else dialogues.push({ line, rows });
    }
  }
  const rejected = log.close();
  if (dialogues.length > 0) return { dialogues, rejected };
  throw new UserError(`no dialogues: ${path}`, {
    detail: whyNone(rejected),
    hint: 'each line needs a list of {"role": "learner" or "tutor", "text": ...}',
  });
}

/** The rows of a line, or why there are none. */
function rowsOf(raw: string, leastRows: number): DialogueRow[] | string {
  let json: unknown;
  try {
    json = JSON.parse(raw);
  } catch {
    return 'not JSON';
  }
  const read = lineSchema.safeParse(json);
  if (!read.success) return 'not a list of {role, text}';
  const rows: DialogueRow[] = [];
  for (const { role, text, codes } of Array.isArray(read.data) ? read.data : read.data.turns) {
    const by = roles[role.toLowerCase()];
    if (by) rows.push({ by, text, ...(codes && { codes }) });
    else if (role.toLowerCase() !== 'system') return `unknown role: ${role}`;
  }
  return rows.length < leastRows ? `fewer than ${leastRows} turns` : rows;
}

/**
 * Reads a code book.
 *
 * @throws {UserError} when the file can't be read, lacks codes, or names actions that it does not have
 */
export async function readCodeBook(path: string): Promise<CodeBook> {
  const read = codeBookSchema.safeParse(await readJson(path));
  if (!read.success) throw new UserError(`not a code book: ${path}`, { detail: z.prettifyError(read.error) });
  const { telling, actions } = read.data;
  const unknown = Object.entries(telling)
    .flat()
    .find((action) => !Object.hasOwn(actions, action));
  if (unknown === undefined) return read.data;
  throw new UserError(`${path}: telling: no such action: ${unknown}`, {
    hint: `it has ${Object.keys(actions).join(', ')}`,
  });
}

/** What a tutor of rules does where what the learner said has some codes. */
export interface TutorRule {
  readonly when: Readonly<Record<string, string>>;
  readonly turn: TutorTurn;
}

const code = z.union([z.string(), z.number()]).transform(String);
const ruleSchema = z.object({
  when: codesSchema,
  turn: z.object({
    evaluation: code,
    action: code,
    state: code,
    subproblem: z.string().optional(),
    text: z.string(),
  }),
});

/**
 * Reads the rules of a tutor: a list of `{when, turn}`. The first one that fits counts.
 *
 * @throws {UserError} when the file can't be read, or a rule has codes that the book lacks
 */
export async function readTutorRules(path: string, book: CodeBook): Promise<TutorRule[]> {
  const read = z
    .array(ruleSchema)
    .min(1)
    .safeParse(await readJson(path));
  if (!read.success)
    throw new UserError(`not rules of a tutor: ${path}`, { detail: z.prettifyError(read.error) });
  return read.data.map(({ when, turn: { subproblem, ...turn } }, i) => {
    const unknown = unknownCode(turn, book);
    if (unknown !== undefined) throw new UserError(`${path}: rule ${i + 1}: ${unknown}`);
    return { when, turn: { ...turn, ...(subproblem !== undefined && { subproblem }) } };
  });
}

/** What the rules say after a learner's words with these codes, if anything. */
export function ruledTurn(
  rules: readonly TutorRule[],
  codes: DialogueRow['codes'] = {},
): TutorTurn | undefined {
  return rules.find(({ when }) => Object.entries(when).every(([name, value]) => codes[name] === value))?.turn;
}
