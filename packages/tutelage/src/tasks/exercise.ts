import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { type LoggedEpisode, readExerciseLog } from './exercise-log.js';
import { type Parameter, parameterSchema } from './exercise-parameters.js';
import { type Exerciser, exerciserSchema, toExerciser } from './exercisers.js';

const exerciseSchema = z
  .strictObject({
    parameters: z
      .array(parameterSchema)
      .min(1)
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
        error: 'a name is given twice',
      }),
    ...exerciserSchema.shape,
    /** How a task is tried without learning from it. */
    test: exerciserSchema.optional(),
    /** A table of earlier episodes, beside the description. */
    log: z.string().optional(),
    /** Least and greatest reward. */
    reward: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => high > low, { error: 'high must be above low' }),
  })
  .refine(({ command, url, log }) => command ?? url ?? log, { error: 'a command, a url or a log is needed' });

/** A kind of exercise with numbers to set. */
export interface Exercise {
  readonly parameters: readonly Parameter[];
  /** Least and greatest reward. */
  readonly reward: readonly [number, number];
  /** Has the learner practise once, and returns the reward; without it there is a log to replay and nothing more. */
  readonly run?: Exerciser;
  /** Tries a task without learning from it. */
  readonly test?: Exerciser;
  /** Earlier episodes. */
  readonly log: readonly LoggedEpisode[];
}

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
  if (!read.success) {
    const { path: place, message } = read.error.issues[0]!;
    throw new UserError(`${path}: ${place.join('.') || 'the whole'}: ${message}`, {
      hint: 'such as {"parameters": [{"name": "gap", "min": 0, "max": 2}], "command": ["node", "run.js"], "reward": [0, 1]}',
    });
  }
  const { parameters, reward, log, test, ...how } = read.data;
  const run = toExerciser(how);
  const tested = test && toExerciser(test);
  return {
    parameters,
    reward,
    ...(run && { run }),
    ...(tested && { test: tested }),
    log: log === undefined ? [] : await readExerciseLog(resolve(dirname(path), log), parameters),
  };
}
