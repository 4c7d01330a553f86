import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { readLines } from './lines.js';
import type { TraceStep } from './traces.js';

const text = z.string({ error: 'is missing' }).refine((s) => s.trim() !== '', 'is empty');
const stepBase = { kind: text, drop_group: z.string().optional() };
const partSchema = z.union([z.string(), z.object({ text: z.string(), drop_group: z.string() })]);
const stepSchema = z.union(
  [z.object({ ...stepBase, text: z.string() }), z.object({ ...stepBase, tokens: z.array(partSchema) })],
  { error: 'needs a kind, and a text or tokens' },
);
const rowSchema = z.object({
  prompt: text,
  steps: z.union([z.string(), z.array(stepSchema)], {
    error: 'must be a text, or a list of steps with a kind and a text or tokens each',
  }),
  answer: text,
  split: z.enum(['train', 'test']).optional(),
  difficulty: z.number().optional(),
});

/** A question, the work of its solver, and the answer, as a user writes them. */
export type TraceRow = z.input<typeof rowSchema>;

/** A step in words; `kind` is written before them. */
export interface TextStep extends TraceStep<string> {
  readonly kind: string;
}

/** A question in words, with the work that leads to its answer. */
export interface TextTrace {
  readonly prompt: string;
  readonly steps: readonly TextStep[];
  readonly answer: string;
  readonly split: 'train' | 'test' | undefined;
  /** As told, or the number of steps. */
  readonly difficulty: number;
}

export interface OwnTraces {
  readonly traces: readonly TextTrace[];
  /** SHA-256 of the rows. */
  readonly hash: string;
  /** Whether an answer is right, where that is not for the method's `verifier` to say. */
  readonly isRight?: (answer: string, trace: TextTrace) => boolean;
}

/** What answers are called, and no step may be. */
export const answerKind = 'answer';
/** What sentences of free text are called. */
export const sentenceKind = 'step';

/** Faults that are told. */
const shown = 5;

/**
 * Reads JSON lines of `{prompt, steps, answer}`. Steps are a list of `{kind, text}` or `{kind, tokens}`, whose tokens may be
 * `{text, drop_group}`, or a text, which is cut into its sentences. Further fields: `split` (`train` or `test`), `difficulty`, and a step's
 * `drop_group`, by which a drop table knows it instead of its kind.
 *
 * @throws {UserError} when the file can't be read or a line is wrong: none is left out silently
 */
export async function readOwnTraces(path: string): Promise<OwnTraces> {
  const rows: { readonly where: string; readonly row: unknown }[] = [];
  for await (const lines of readLines(path)) {
    for (const { number, text: raw, problem } of lines) {
      if (raw.trim() === '' && problem === undefined) continue;
      rows.push({ where: `${path}, line ${number}`, row: problem === undefined ? json(raw) : undefined });
    }
  }
  return checkedTraces(rows);
}

/**
 * The work of a solver: rows as in a file.
 *
 * @param isRight tells right answers; the method's `verifier` does where it is left out
 * @throws {UserError} when a row is wrong
 */
export function tracesOf(rows: readonly TraceRow[], isRight?: OwnTraces['isRight']): OwnTraces {
  const checked = checkedTraces(rows.map((row, i) => ({ where: `row ${i + 1}`, row })));
  return { ...checked, ...(isRight && { isRight }) };
}

function json(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}

function checkedTraces(rows: readonly { readonly where: string; readonly row: unknown }[]): OwnTraces {
  const faults: string[] = [];
  const traces = rows.flatMap(({ where, row }) => {
    const found = traceOf(row);
    if (typeof found !== 'string') return [found];
    faults.push(`${where}: ${found}`);
    return [];
  });
  if (faults.length > 0) {
    throw new UserError(`${faults.length} of ${rows.length} traces can't be used: ${faults[0]!}`, {
      detail: faults.slice(0, shown).join('\n'),
      hint: 'each needs {"prompt", "steps", "answer"}; steps are a text, or a list of {"kind", "text"}',
    });
  }
  if (traces.length === 0) throw new UserError('no traces: the data is empty');
  const hash = createHash('sha256').update(JSON.stringify(traces)).digest('hex');
  return { traces, hash };
}

/** The trace of a row, or what is wrong with it. */
function traceOf(row: unknown): TextTrace | string {
  if (row === undefined) return 'not JSON';
  const read = rowSchema.safeParse(row);
  if (!read.success) {
    const [issue] = read.error.issues;
    return `${issue!.path.join('.') || 'the row'} ${issue!.message}`;
  }
  const { prompt, answer, split, difficulty } = read.data;
  const steps =
    typeof read.data.steps === 'string' ? sentences(read.data.steps) : read.data.steps.map(stepOf);
  if (steps.some(({ kind }) => kind === answerKind)) return `a step's kind can't be "${answerKind}"`;
  return { prompt, steps, answer: answer.trim(), split, difficulty: difficulty ?? steps.length };
}

type RowStep = Exclude<z.output<typeof rowSchema>['steps'], string>[number];

function stepOf(step: RowStep): TextStep {
  const parts = 'text' in step ? [step.text] : step.tokens;
  return {
    kind: step.kind,
    group: step.drop_group ?? step.kind,
    parts: parts.map((part) =>
      typeof part === 'string' ? { content: part } : { group: part.drop_group, content: part.text },
    ),
  };
}

function sentences(reasoning: string): TextStep[] {
  const cut = new Intl.Segmenter('en', { granularity: 'sentence' }).segment(reasoning);
  return [...cut]
    .map(({ segment }) => segment.trim())
    .filter((sentence) => sentence !== '')
    .map((content) => ({ kind: sentenceKind, group: sentenceKind, parts: [{ content }] }));
}
