import { type Concrete, jit, type SessionOptions, type Value } from '@tutelage/engine';
import { z } from 'zod';
import type { CausalModel } from '../language/causal-model.js';
import type { Lesson, LessonBatch } from '../language/lessons.js';
import { type Llama, llama } from '../models/llama.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import type { Journal } from '../runs/journal.js';
import { type LessonPass, lessonPasses, passShape } from './lesson-passes.js';

export interface LessonLogsOptions extends Pick<SessionOptions, 'threads'> {
  readonly signal: AbortSignal;
  /** Where log-probabilities are kept if they are to be, pass by pass: those that are there are not computed again. */
  readonly journal?: Journal<PassLogs>;
}

/** Log-probabilities of the answers that went through a model together. */
export type PassLogs = z.infer<typeof passLogs>;

/** Of a record of {@link LessonLogsOptions.journal}. */
export const passLogs = z.object({ logs: z.array(z.number()) });

type Read<T> = Omit<LessonBatch<T>, 'counted'>;

/**
 * Log-probabilities of answers under a model: of whole answers, not divided by their lengths. A lesson that occurs again is read once.
 *
 * @returns one for each lesson; undefined for those that were not read when the signal ended the work
 */
export async function lessonLogs(
  { params, config, tokenizer }: CausalModel,
  lessons: readonly Lesson[],
  { signal, journal, ...session }: LessonLogsOptions,
): Promise<(number | undefined)[]> {
  const keys = lessons.map(({ prompt, answer }) => `${prompt.join()} ${answer.join()}`);
  const distinct = [...new Map(lessons.map((lesson, i) => [keys[i]!, lesson]))];
  const read = distinct.map(([, lesson]) => lesson);
  const run = jit(
    (p: Llama<Value>, { tokens, next, segments }: Read<Value>) =>
      tokenLogProbabilities(llama(p, config, tokens, segments), next),
    session,
  );
  const found = new Map<string, number>();
  const shape = passShape(read, 1);
  const logsOf = async ({ batch, places }: LessonPass): Promise<PassLogs> => {
    const { counted: _, ...inputs } = batch;
    const data = (await run(params, inputs as Concrete<Read<Value>>)).data as Float32Array;
    const logs = [...places].map(([i, { row, start }]) => {
      const { prompt, answer } = read[i]!;
      const from = row * shape.length + start + prompt.length - 1;
      return data.subarray(from, from + answer.length).reduce((sum, log) => sum + log, 0);
    });
    return { logs };
  };
  try {
    for (const [number, pass] of lessonPasses(read, shape, tokenizer.special.end ?? 0).entries()) {
      if (signal.aborted) break;
      const known = journal?.records[number];
      const { logs } = known ?? (await logsOf(pass));
      if (!known) journal?.add({ logs });
      [...pass.places.keys()].forEach((i, place) => {
        found.set(distinct[i]![0], logs[place]!);
      });
    }
  } finally {
    await run.dispose();
  }
  return keys.map((key) => found.get(key));
}
