import { UserError } from '../../core/errors.js';
import { type CausalModel, saveCausalModel } from '../../language/causal-model.js';
import type { Lesson } from '../../language/lessons.js';
import { teachLessons } from '../../students/causal-lessons.js';
import { lessonLogs } from '../../students/lesson-logs.js';
import { readPrompts } from '../../tasks/language-files.js';
import { threadsOf } from '../student-in.js';
import { interrupted, runOf } from './run.js';
import { fitting, lessonEncoder, sharesOf, type Tuning, trainingOf } from './tuning.js';

/** Supervised fine-tuning on the answers of a table. */
export async function tuneByAnswers(tuning: Tuning): Promise<readonly string[]> {
  const { params, model, out, signal, say } = tuning;
  const { rows, skipped } = await readPrompts(params.data);
  if (skipped > 0) say(`${skipped} rows have no prompt, and are left out`);
  const lesson = lessonEncoder(model);
  const lessons = rows.flatMap(({ prompt, answer }) =>
    answer === undefined ? [] : [lesson(prompt, answer)],
  );
  if (lessons.length === 0) {
    throw new UserError(`no answers: ${params.data}`, { hint: 'name a column of them answer or response' });
  }
  const { learned, held } = sharesOf(
    fitting(lessons, (own) => [own], tuning),
    tuning,
  );
  const run = runOf(tuning, [...learned, ...held]);
  const session = { signal, ...threadsOf(params) };
  const before = await nats(model, held, session);
  if (signal.aborted) return interrupted(run);
  const tuned = await teachLessons({
    ...trainingOf(tuning, run),
    model,
    lessons: learned,
  });
  if (signal.aborted) return [];
  await saveCausalModel(tuned, out);
  const after = await nats(tuned, held, session);
  if (held.length === 0 || signal.aborted) return [out];
  return [
    `${held.length} held-out answers: ${before.toFixed(3)} nats a token before, ${after.toFixed(3)} after`,
    out,
  ];
}

/** Mean cross-entropy of the tokens of answers. */
async function nats(
  model: CausalModel,
  lessons: readonly Lesson[],
  session: Parameters<typeof lessonLogs>[2],
): Promise<number> {
  const logs = await lessonLogs(model, lessons, session);
  const tokens = lessons.reduce((count, { answer }) => count + answer.length, 0);
  return -logs.reduce<number>((sum, log) => sum + (log ?? 0), 0) / tokens;
}
