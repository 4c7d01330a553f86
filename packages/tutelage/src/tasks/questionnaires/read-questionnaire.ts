import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { readPlan } from '../language-files.js';
import { openTable, type Row } from '../table.js';
import {
  ofLearners,
  type Questionnaire,
  type RatedItem,
  straightLiners,
  withSupports,
} from './questionnaire.js';

const item = z.object({ column: z.string().min(1), low: z.number(), high: z.number() });
const planSchema = z.object({
  table: z.string(),
  id: z.string(),
  features: z.array(item).min(1),
  supports: z.array(item.extend({ kind: z.enum(['tool', 'strategy']) })).min(1),
  /** Texts that stand for no answer, or for a support that was never used. */
  missing: z.array(z.string()).default([]),
  threshold: z.number().default(3),
  /** Further columns that features must not be, unless the user says so. */
  protected: z.array(z.string()).default([]),
});

/** What a column must not be a feature for without being asked for: who somebody is, and what they were diagnosed with. */
const personal =
  /^(age|sex|gender|ethnicity|race|religion|nationality|dys(graphia|calculia|lexia)|adhd|comorbid\w*)$/i;

export interface ReadQuestionnaire {
  readonly data: Questionnaire;
  /** What was left out or is odd, in words. */
  readonly warnings: readonly string[];
}

export interface QuestionnaireChecks {
  /** Let fewer than 100 learners do. */
  readonly few: boolean;
  /** Let features be protected attributes. */
  readonly personal: boolean;
}

const leastLearners = 100;
const mostMissing = 0.4;
/** A support is told about if so many learners find it useful, and so many do not. */
const leastOfEach = 20;

/**
 * Reads a JSON file that names a table of learners, the columns of their answers with their scales, and those of what helps them.
 *
 * @throws {UserError} for columns that are missing, constant, protected or mostly empty, for answers off their scale (with row and column),
 *   for learners that occur twice or are too few, where no support can be told about, and where a diagnosis is asked for
 */
export async function readQuestionnaire(
  path: string,
): Promise<(checks: QuestionnaireChecks) => ReadQuestionnaire> {
  const { plan, at } = await readPlan(path, planSchema);
  const columns = [...plan.features, ...plan.supports].map(({ column }) => column);
  const both = plan.supports.find(({ column }) => plan.features.some((one) => one.column === column));
  if (both) throw new UserError(`a support is among the features: ${both.column}`);
  const diagnosis = plan.supports.find(({ column }) => /diagnos|dyslexi/i.test(column));
  if (diagnosis) {
    throw new UserError(`this does not tell diagnoses: ${diagnosis.column}`, {
      hint: 'it tells which supports may be useful; a diagnosis is for people who are trained to make one',
    });
  }
  const table = await openTable(at(plan.table));
  const absent = [plan.id, ...columns].find((column) => !table.columns.includes(column));
  if (absent !== undefined) {
    throw new UserError(`no such column: ${absent}`, {
      detail: `${table.path} has ${table.columns.join(', ')}`,
    });
  }
  const learners: string[] = [];
  const seen = new Map<string, number>();
  const values: number[][] = [];
  for await (const batch of table.rows([plan.id, ...columns])) {
    for (const one of batch) {
      if (!('cells' in one)) throw new UserError(`row ${one.row}: ${one.problem}`);
      const [id, ...cells] = one.cells;
      const name = String(id ?? '');
      const before = seen.get(name);
      if (before !== undefined) {
        throw new UserError(`the same learner twice: ${JSON.stringify(name)}`, {
          detail: `in rows ${before} and ${one.row}`,
        });
      }
      seen.set(name, one.row);
      learners.push(name);
      const items = [...plan.features, ...plan.supports];
      values.push(cells.map((cell, i) => answerOf(cell, items[i]!, plan.missing, one)));
    }
  }
  const cut = plan.features.length;
  const data: Questionnaire = {
    learners,
    features: plan.features.map(named),
    answers: Float32Array.from(values.flatMap((row) => row.slice(0, cut))),
    supports: plan.supports.map((support) => ({ ...named(support), kind: support.kind })),
    ratings: Float32Array.from(values.flatMap((row) => row.slice(cut))),
    threshold: plan.threshold,
  };
  return (checks) => {
    const closed = plan.features.find(
      ({ column }) => personal.test(column) || plan.protected.includes(column),
    );
    if (closed && !checks.personal) {
      throw new UserError(`a protected attribute is among the features: ${closed.column}`, {
        hint: 'leave it out, or allow it (--personal)',
      });
    }
    if (learners.length < leastLearners && !checks.few) {
      throw new UserError(`fewer than ${leastLearners} learners: ${learners.length}`, {
        hint: 'what is told of each support would be unstable; allow it all the same with --few',
      });
    }
    return usable(data);
  };
}

const named = ({ column, low, high }: z.output<typeof item>): RatedItem => ({ name: column, low, high });

function answerOf(
  cell: Row['cells'][number] | undefined,
  { column, low, high }: z.output<typeof item>,
  missing: readonly string[],
  { row }: Row,
): number {
  if (cell === null || cell === undefined || cell === '') return Number.NaN;
  const text = typeof cell === 'string' ? cell.trim() : JSON.stringify(cell);
  if (missing.includes(text)) return Number.NaN;
  const value = Number(text);
  const where = `row ${row}, column ${column}`;
  if (Number.isNaN(value)) {
    throw new UserError(`unknown code for a missing answer: ${JSON.stringify(text)}`, {
      detail: where,
      hint: 'name it in "missing"',
    });
  }
  if (value >= low && value <= high) return value;
  throw new UserError(`answer off its scale: ${value}`, { detail: `${where}: from ${low} to ${high}` });
}

/** What can be learned from: columns that say something, learners who do not answer all alike. */
function usable(data: Questionnaire): ReadQuestionnaire {
  const warnings: string[] = [];
  const rows = data.learners.length;
  const column = (from: Float32Array, width: number, j: number) =>
    data.learners.flatMap((_, row) => {
      const value = from[row * width + j]!;
      return Number.isNaN(value) ? [] : [value];
    });
  data.features.forEach(({ name }, j) => {
    const given = column(data.answers, data.features.length, j);
    if (given.length < (1 - mostMissing) * rows) {
      throw new UserError(`more than ${100 * mostMissing} % of the answers are missing: ${name}`, {
        hint: 'leave the column out',
      });
    }
    if (given.every((value) => value === given[0])) throw new UserError(`all answers are the same: ${name}`);
  });
  const told = data.supports.flatMap(({ name }, k) => {
    const given = column(data.ratings, data.supports.length, k);
    const useful = given.filter((value) => value >= data.threshold).length;
    if (Math.min(useful, given.length - useful) >= leastOfEach) return [k];
    warnings.push(
      `${name}: useful to ${useful} of ${given.length} who rated it; ${leastOfEach} of each are needed, and it is left out`,
    );
    return [];
  });
  if (told.length === 0)
    throw new UserError('no support has learners of both kinds', { detail: warnings.join('\n') });
  const careless = new Set(straightLiners(data));
  if (careless.size > 0)
    warnings.push(`${careless.size} learners gave the same answer to everything, and are left out`);
  const kept = data.learners.flatMap((_, row) => (careless.has(row) ? [] : [row]));
  return { data: withSupports(ofLearners(data, kept), told), warnings };
}
