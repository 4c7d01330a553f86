import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../core/errors.js';

const parameter = z
  .strictObject({
    name: z.string().min(1),
    min: z.number(),
    max: z.number(),
    scale: z.enum(['linear', 'log']).default('linear'),
    /** Whether values are rounded. */
    integer: z.boolean().default(false),
  })
  .refine(({ min, max }) => max > min, { error: 'max must be greater than min' })
  .refine(({ min, scale }) => scale === 'linear' || min > 0, { error: 'a log scale needs a positive min' });

const exerciseSchema = z.strictObject({
  parameters: z
    .array(parameter)
    .min(1)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
      error: 'a name is given twice',
    }),
  /** A program and its arguments. */
  command: z.array(z.string()).min(1),
  /** Least and greatest reward. */
  reward: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => high > low, { error: 'high must be above low' }),
});

/** A kind of exercise with numbers to set, and the program that runs one: it reads JSON and prints the reward. */
export type Exercise = z.output<typeof exerciseSchema>;

/**
 * Reads the description of an exercise from a JSON file.
 *
 * @throws {UserError} naming the first part that is wrong
 */
export async function readExercise(path: string): Promise<Exercise> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UserError(`can't read the exercise: ${path}`, { cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`not JSON: ${path}`, { detail: (cause as Error).message });
  }
  const read = exerciseSchema.safeParse(json);
  if (read.success) return read.data;
  const { path: place, message } = read.error.issues[0]!;
  throw new UserError(`${path}: ${place.join('.') || 'the whole'}: ${message}`, {
    hint: 'such as {"parameters": [{"name": "gap", "min": 0, "max": 2}], "command": ["node", "run.js"], "reward": [0, 1]}',
  });
}

/** The values of an exercise's parameters at a place of the unit box. */
export function valuesAt(
  { parameters }: Pick<Exercise, 'parameters'>,
  task: readonly number[],
): Record<string, number> {
  return Object.fromEntries(
    parameters.map(({ name, min, max, scale, integer }, i) => {
      const value = scale === 'log' ? min * (max / min) ** task[i]! : min + (max - min) * task[i]!;
      return [name, integer ? Math.round(value) : value];
    }),
  );
}

/**
 * Runs one exercise: the program gets the values as a line of JSON and prints the reward as the last line of its output.
 *
 * @throws {UserError} when the program can't be run, fails, or prints no finite number
 */
export async function runExercise(
  { command }: Pick<Exercise, 'command'>,
  values: Readonly<Record<string, number>>,
  signal: AbortSignal,
): Promise<number> {
  const [program, ...args] = command;
  const task = JSON.stringify(values);
  const fail = (problem: string): never => {
    throw new UserError(`${problem}: ${command.join(' ')}`, { detail: `exercise ${task}` });
  };
  const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'inherit'], signal });
  // A program that does not read what it is given closes the pipe: that is no fault.
  child.stdin.on('error', () => {});
  child.stdin.end(`${task}\n`);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).catch((error: Error) => (signal.aborted ? null : fail(error.message)));
  if (signal.aborted) return Number.NaN;
  if (code !== 0) fail(`the exercise ended with ${code ?? 'a signal'}`);
  const last = output.trimEnd().split('\n').at(-1)!;
  const reward = last.trim() === '' ? Number.NaN : Number(last);
  return Number.isFinite(reward) ? reward : fail(`no reward: ${last.slice(0, 80) || 'nothing was printed'}`);
}
