import { type Concrete, jit, type SessionOptions, type Value } from '@tutelage/engine';
import type { CausalModel } from '../language/causal-model.js';
import type { Lesson, LessonBatch } from '../language/lessons.js';
import { type Llama, llama } from '../models/llama.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { lessonPasses, passShape } from './lesson-passes.js';

export interface LessonLogsOptions extends Pick<SessionOptions, 'threads'> {
  readonly signal: AbortSignal;
}

type Read<T> = Omit<LessonBatch<T>, 'counted'>;

/**
 * Log-probabilities of answers under a model: of whole answers, not divided by their lengths. A lesson that occurs again is read once.
 *
 * @returns one for each lesson; undefined for those that were not read when the signal ended the work
 */
export async function lessonLogs(
  { params, config, tokenizer }: CausalModel,
  lessons: readonly Lesson[],
  { signal, ...session }: LessonLogsOptions,
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
  try {
    for (const { batch, places } of lessonPasses(read, shape, tokenizer.special.end ?? 0)) {
      if (signal.aborted) break;
      const { counted: _, ...inputs } = batch;
      const data = (await run(params, inputs as Concrete<Read<Value>>)).data as Float32Array;
      for (const [i, { row, start }] of places) {
        const { prompt, answer } = read[i]!;
        const from = row * shape.length + start + prompt.length - 1;
        const logs = data.subarray(from, from + answer.length);
        found.set(
          distinct[i]![0],
          logs.reduce((sum, log) => sum + log, 0),
        );
      }
    }
  } finally {
    await run.dispose();
  }
  return keys.map((key) => found.get(key));
}
