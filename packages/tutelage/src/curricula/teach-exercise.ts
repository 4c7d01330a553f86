import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { MethodContext } from '../core/method.js';
import { explained } from '../runs/file-errors.js';
import { nodeFileSystem as fs } from '../runs/file-system.js';
import { differences, type Facts, type Journal, openJournal } from '../runs/journal.js';
import { acquireLock } from '../runs/lock.js';
import type { Exercise } from '../tasks/exercise.js';
import { valuesAt } from '../tasks/exercise-parameters.js';
import type { Exerciser } from '../tasks/exercisers.js';
import type { TaughtEpisode } from './exercise-judgement.js';
import type { Mixture } from './gaussian-mixture.js';
import type { MixtureTeacher } from './mixture-teacher.js';
import type { DrawnTask } from './task-teacher.js';

export interface ExerciseLessons {
  readonly episodes: number;
  /** Runs of each task, whose mean is its score. */
  readonly repeats: number;
  /** All that the teacher's choices depend on, beside the exercise. */
  readonly facts: Facts;
}

/** What a teacher chose and what came of it. */
export interface TaughtExercise {
  readonly episodes: readonly TaughtEpisode[];
  /** Every mixture that was fitted, and after how many episodes. */
  readonly mixtures: readonly { readonly episode: number; readonly mixture: Mixture }[];
}

const recordSchema = z.object({ task: z.array(z.number()), rewards: z.array(z.number()).min(1) });

type EpisodeRecord = z.infer<typeof recordSchema>;

/**
 * Has a teacher choose tasks of the user's own exercise, one after another, after those of its log. What came of each is durable as
 * soon as it is there: the same call goes on from it, and chooses as if it had never stopped.
 *
 * @returns what was done until the end or until the signal was aborted
 * @throws {UserError} when an exercise fails or gives no finite reward, or when the folder holds episodes of other settings
 */
export async function teachExercise(
  exercise: Exercise,
  teacher: MixtureTeacher,
  { episodes: count, repeats, facts }: ExerciseLessons,
  { seed, folder, signal }: Pick<MethodContext, 'seed' | 'folder' | 'signal'>,
): Promise<TaughtExercise> {
  const { parameters, reward, run, log } = exercise;
  const episodes: TaughtEpisode[] = [];
  const mixtures: { readonly episode: number; readonly mixture: Mixture }[] = [];
  const learn = (drawn: DrawnTask, rewards: readonly number[]): void => {
    const score = rewards.reduce((sum, one) => sum + scoreOf(exercise, one), 0) / rewards.length;
    teacher.observe(drawn, score);
    const { latest, mixture } = teacher.chooser;
    episodes.push({ ...drawn, rewards, score, alp: Math.abs(latest[0]!) });
    if (mixture && mixture !== mixtures.at(-1)?.mixture) mixtures.push({ episode: episodes.length, mixture });
  };
  for (const earlier of log) learn({ task: earlier.task, component: 'log' }, [earlier.reward]);
  const work = join(folder, 'trials');
  explained('make the folder of the episodes', work, () => mkdirSync(work, { recursive: true }));
  const lock = acquireLock(fs, work);
  try {
    const described = parameters.map(({ name, min, max, scale, integer }) => ({
      name,
      min,
      max,
      scale,
      integer,
    }));
    const logged = log.length > 0 ? createHash('sha256').update(JSON.stringify(log)).digest('hex') : null;
    const own = { parameters: described, reward, log: logged, repeats, seed, ...facts };
    const journal = openEpisodes(join(work, 'episodes.jsonl'), own);
    for (let i = 0; run && i < count && !signal.aborted; i++) {
      const drawn = teacher.next(i / count);
      if (i === journal.records.length) {
        const rewards: number[] = [];
        while (rewards.length < repeats && !signal.aborted) {
          rewards.push(await rewardOf(exercise, run, drawn.task, signal));
        }
        if (signal.aborted) break;
        journal.add({ task: [...drawn.task], rewards });
      }
      learn(drawn, journal.records[i]!.rewards);
    }
  } finally {
    lock.release();
  }
  return { episodes, mixtures };
}

/** A reward on a scale from 0 to 1; what lies outside of its range is clamped. */
export function scoreOf({ reward: [low, high] }: Pick<Exercise, 'reward'>, reward: number): number {
  return Math.min(1, Math.max(0, (reward - low) / (high - low)));
}

/**
 * Runs a task once.
 *
 * @returns the reward; anything when `signal` is aborted
 * @throws {UserError} when it is not finite
 */
export async function rewardOf(
  { parameters }: Exercise,
  run: Exerciser,
  task: readonly number[],
  signal: AbortSignal,
): Promise<number> {
  const values = valuesAt(parameters, task);
  const reward = await run(values, signal);
  if (Number.isFinite(reward) || signal.aborted) return reward;
  throw new UserError(`no reward: ${reward}`, { detail: `exercise ${JSON.stringify(values)}` });
}

function openEpisodes(path: string, facts: Facts): Journal<EpisodeRecord> {
  return openJournal(fs, path, {
    facts,
    record: recordSchema,
    otherwise: (others) =>
      new UserError(`these episodes are of another exercise or other parameters: ${path}`, {
        detail: differences(others, facts).join('\n'),
        hint: 'choose another folder (--out), or delete this one to begin anew',
      }),
  });
}
