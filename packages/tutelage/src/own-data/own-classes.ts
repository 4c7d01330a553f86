import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { type Before, cycleIn } from '../curricula/ranked-orders.js';
import { bucketsOf } from '../students/hashed-ngrams.js';
import { readImages } from '../tasks/images.js';
import { readPlan } from '../tasks/language-files.js';
import { openTable } from '../tasks/table.js';
import { readTextClassification } from '../tasks/text-classification.js';

/** Examples of a class. */
export interface ClassExamples {
  readonly label: string;
  readonly ids: readonly string[];
  /** An example as numbers. */
  row(at: number): Float32Array;
}

/** Classes that a user wants taught one after the other. */
export interface OwnClasses {
  readonly labels: readonly string[];
  /** In the order of the labels; none where only distances are given. */
  readonly classes: readonly ClassExamples[];
  /** Whether the rows are features already, made by a net of the user's. */
  readonly areFeatures: boolean;
  /** Between the labels, where the user gives them. */
  readonly distances: readonly (readonly number[])[] | undefined;
  readonly before: readonly Before[];
  /** What is taught at one time, by position. */
  readonly tasks: readonly (readonly number[])[];
  readonly hash: string;
  readonly warnings: readonly string[];
}

const names = z.array(z.string().min(1));
const planSchema = z
  .strictObject({
    classes: z.string().optional(),
    distances: z.string().optional(),
    before: z.array(z.tuple([z.string(), z.string()])).default([]),
    tasks: z.array(names.min(1)).optional(),
  })
  .refine(({ classes, distances }) => classes !== undefined || distances !== undefined, {
    message: 'give classes (examples), distances (a square table), or both',
  });

const leastTasks = 3;
const fewExamples = 5;
const side = 28;
const buckets = 1024;

/**
 * Reads classes: a folder of images with a folder for each class, a table of texts with labels, a table with a column `label` and numbers
 * (features), or a JSON file that names such `classes`, a square table of `distances` or both, and perhaps what comes `before` what, and
 * classes that are one of the `tasks`.
 *
 * @throws {UserError} when they can't be used
 */
export async function readOwnClasses(path: string): Promise<OwnClasses> {
  if (!(await stat(path).catch(() => undefined))) throw new UserError(`no such file or folder: ${path}`);
  const { plan, at } =
    extname(path) === '.json'
      ? await readPlan(path, planSchema)
      : { plan: planSchema.parse({ classes: path }), at: (file: string) => file };
  const read = plan.classes === undefined ? undefined : await readExamples(at(plan.classes));
  const given = plan.distances === undefined ? undefined : await readDistances(at(plan.distances));
  const labels = given?.labels ?? read!.classes.map(({ label }) => label);
  const classes = read ? labels.map((label) => classNamed(label, read.classes, plan.distances)) : [];
  const positionOf = (label: string) => {
    const found = labels.indexOf(label);
    if (found >= 0) return found;
    throw new UserError(`no such class: ${label}`, { hint: `there are ${labels.join(', ')}` });
  };
  const tasks = plan.tasks?.map((task) => task.map(positionOf)) ?? labels.map((_, i) => [i]);
  checkTasks(tasks, labels);
  const taskOf = (label: string) => {
    const position = positionOf(label);
    return tasks.findIndex((task) => task.includes(position));
  };
  const before = plan.before.map(([first, then]): Before => [taskOf(first), taskOf(then)]);
  const cycle = cycleIn(tasks.length, before);
  if (cycle) {
    const circle = cycle.map((task) => tasks[task]!.map((one) => labels[one]).join(' and '));
    throw new UserError(`what comes before what is a circle: ${circle.join(', ')}`, {
      hint: 'take one of these out of "before"',
    });
  }
  const hash = createHash('sha256').update(JSON.stringify([plan, read?.hash, given?.distances]));
  const few = classes.filter(({ ids }) => ids.length < fewExamples);
  return {
    labels,
    classes,
    areFeatures: read?.areFeatures ?? false,
    distances: given?.distances,
    before,
    tasks,
    hash: hash.digest('hex'),
    warnings: [
      ...(read?.warnings ?? []),
      ...few.map(({ label, ids }) => `class ${label} has ${ids.length} examples: its mean says little`),
    ],
  };
}

function classNamed(label: string, classes: readonly ClassExamples[], file: string | undefined) {
  const found = classes.find((one) => one.label === label);
  if (found) return found;
  throw new UserError(`no examples of class ${label}, which is in the distances: ${file}`);
}

/** @throws {UserError} for fewer than three tasks, and for classes that are in none or in two */
function checkTasks(tasks: readonly (readonly number[])[], labels: readonly string[]): void {
  const members = tasks.flat();
  const twice = members.find((one, i) => members.indexOf(one) !== i);
  if (twice !== undefined) throw new UserError(`a class is in two tasks: ${labels[twice]}`);
  const missing = labels.find((_, i) => !members.includes(i));
  if (missing !== undefined) throw new UserError(`a class is in no task: ${missing}`);
  if (tasks.length >= leastTasks) return;
  throw new UserError(
    `too few ${tasks.length < labels.length ? 'tasks' : 'classes'} to order: ${tasks.length}`,
    {
      hint: `${leastTasks} or more are needed`,
    },
  );
}

interface Examples {
  readonly classes: readonly ClassExamples[];
  readonly areFeatures: boolean;
  readonly hash: string;
  readonly warnings: readonly string[];
}

async function readExamples(path: string): Promise<Examples> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) {
    const shape = { height: side, width: side, channels: 3 } as const;
    const { labels, splits, hash, warnings } = await readImages(path, { shape });
    const all = [...splits.train, ...splits.validation, ...splits.test];
    const rows = all.map(({ id, input, target }) => ({
      id,
      label: target!,
      row: () => Float32Array.from(input, (pixel) => pixel / 255),
    }));
    return { classes: byLabel(labels, rows), areFeatures: false, hash, warnings };
  }
  const table = await openTable(path);
  const [first] = table.sample;
  const isNumber = (column: string) => {
    const cell = first?.cells[table.columns.indexOf(column)];
    return typeof cell === 'string' && cell.trim() !== '' && Number.isFinite(Number(cell));
  };
  const numbers = table.columns.filter((column) => column !== 'label' && column !== 'id');
  if (table.columns.includes('label') && numbers.length > 0 && numbers.every(isNumber))
    return readFeatures(path, numbers);
  const { labels, splits, hash, warnings } = await readTextClassification(path);
  const all = await Promise.all(
    [splits.train, splits.validation, splits.test].map((split) => split.toArray()),
  );
  const rows = all.flat().map(({ id, input, target }) => {
    return { id, label: target!, row: () => hashedRow(input) };
  });
  return { classes: byLabel(labels, rows), areFeatures: false, hash, warnings };
}

function hashedRow(text: string): Float32Array {
  const row = new Float32Array(buckets);
  const found = bucketsOf(text, { buckets, characters: [3, 5], pairs: false });
  for (const bucket of found) row[bucket] = 1 / Math.sqrt(found.length);
  return row;
}

async function readFeatures(path: string, columns: readonly string[]): Promise<Examples> {
  const table = await openTable(path);
  const hasIds = table.columns.includes('id');
  const rows: { id: string; label: string; row: () => Float32Array }[] = [];
  for await (const batch of table.rows(['label', ...(hasIds ? ['id'] : []), ...columns])) {
    for (const read of batch) {
      const [label, ...cells] = 'cells' in read ? read.cells : [];
      const id = hasIds ? cells.shift() : String(read.row);
      const row = Float32Array.from(cells, (cell) =>
        typeof cell === 'string' && cell !== '' ? Number(cell) : Number.NaN,
      );
      if (typeof label !== 'string' || typeof id !== 'string' || !row.every(Number.isFinite)) {
        throw new UserError(`not a label and ${columns.length} numbers: ${path}:${read.row}`);
      }
      rows.push({ id, label, row: () => row });
    }
  }
  const labels = [...new Set(rows.map(({ label }) => label))].sort();
  const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
  return { classes: byLabel(labels, rows), areFeatures: true, hash, warnings: [] };
}

function byLabel(
  labels: readonly string[],
  rows: readonly { readonly id: string; readonly label: string; readonly row: () => Float32Array }[],
): ClassExamples[] {
  return labels.map((label) => {
    const own = rows.filter((row) => row.label === label);
    return { label, ids: own.map(({ id }) => id), row: (at) => own[at]!.row() };
  });
}

/**
 * Reads distances: a table whose columns, but for one of names, are the classes, and whose rows are the classes in the same order.
 *
 * @throws {UserError} where it is not square, its diagonal is not 0, or something is no distance
 */
async function readDistances(path: string) {
  const table = await openTable(path, { header: true });
  const [corner, ...rest] = table.columns;
  const hasNames = rest.length > 0 && table.sample.every(({ cells }) => Number.isNaN(Number(cells[0] ?? '')));
  const labels = hasNames ? rest : [corner!, ...rest];
  const distances: number[][] = [];
  for await (const batch of table.rows(labels)) {
    for (const read of batch) {
      const row = ('cells' in read ? read.cells : []).map((cell) =>
        typeof cell === 'string' && cell !== '' ? Number(cell) : Number.NaN,
      );
      const wrong = row.length === 0 ? 0 : row.findIndex((one) => !(one >= 0 && Number.isFinite(one)));
      if (wrong >= 0) throw new UserError(`no distance: ${path}:${read.row}, ${labels[wrong]}`);
      distances.push(row);
    }
  }
  if (distances.length !== labels.length) {
    throw new UserError(
      `distances are not square: ${distances.length} rows, ${labels.length} columns: ${path}`,
    );
  }
  const odd = distances.findIndex((row, i) => row[i] !== 0);
  if (odd >= 0) {
    throw new UserError(
      `the distance of a class from itself is not 0: ${labels[odd]}: ${distances[odd]![odd]}: ${path}`,
    );
  }
  return { labels, distances };
}
