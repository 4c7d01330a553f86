import { UserError } from '../../core/errors.js';
import { saveCausalModel } from '../../language/causal-model.js';
import { answerNats } from '../../students/answer-scores.js';
import { teachLessons } from '../../students/causal-lessons.js';
import { readPrompts } from '../../tasks/language-files.js';
import { threadsOf } from '../student-in.js';
import { interrupted, runOf } from './run.js';
import { fitting, lessonEncoder, sharesOf, type Tuning, trainingOf } from './tuning.js';

/** Supervised fine-tuning on the answers of a table. */
export async function tuneByAnswers(tuning: Tuning): Promise<readonly string[]> {
  const { params, model, out, signal, say } = tuning;
  const { rows, skipped } = await readPrompts(params.data);
  if (skipped > 0) say(`${skipped} left out: no prompt`);
  const lesson = lessonEncoder(model);
  const lessons = rows.flatMap(({ prompt, answer }) =>
    answer === undefined ? [] : [lesson(prompt, answer)],
  );
  if (lessons.length === 0) {
    throw new UserError(`no answers: ${params.data}`, { hint: 'name a column of them answer or response' });
  }
  const unanswered = rows.length - lessons.length;
  if (unanswered > 0) say(`${unanswered} left out: no answer`);
  const { learned, held } = sharesOf(
    fitting(lessons, (own) => [own], tuning),
    tuning,
  );
  const run = runOf(tuning, [...learned, ...held]);
  const session = { signal, ...threadsOf(params) };
  const before = await answerNats(model, held, session);
  if (signal.aborted) return interrupted(run);
  const tuned = await teachLessons({
    ...trainingOf(tuning, run),
    model,
    lessons: learned,
  });
  if (signal.aborted) return [];
  await saveCausalModel(tuned, out);
  const after = await answerNats(tuned, held, session);
  if (held.length === 0 || signal.aborted) return [out];
  return [
    `${held.length} held-out answers: ${before.toFixed(3)} nats a token before, ${after.toFixed(3)} after`,
    out,
  ];
}
