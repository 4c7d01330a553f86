import type { ArmResult } from '../claims/results.js';
import type { DualEncoder, EncoderLearner, TrainedEncoders } from '../students/encoder-learner.js';
import type { OwnRetrieval } from '../tasks/own-retrieval.js';
import type { PairScorer } from '../teachers/pair-scorer.js';
import { bm25Result, encoderResult, resultLine, teacherResult } from './retrieval-results.js';
import { shipEncoders, watchValidation } from './retrieval-watch.js';

/** One way of teaching encoders on the user's own data. */
export interface RetrievalTraining {
  readonly id: string;
  readonly title: string;
  /** @param after to be called after each step */
  teach(after: (learner: EncoderLearner, step: number) => Promise<void>): Promise<EncoderLearner>;
}

export interface ComparedTrainings {
  readonly results: readonly ArmResult[];
  /** nDCG@10 of the validation queries by step, of each training. */
  readonly curves: Readonly<Record<string, readonly { readonly step: number; readonly ndcg: number }[]>>;
  /** The results and where the rest is, for the user. */
  readonly lines: readonly string[];
}

/**
 * Teaches in several ways one after the other, keeps each one's best state on the validation queries, and tests it on the test queries
 * beside BM25 and the teacher itself. The last one's encoders and the index of the passages are written into the folder.
 */
export async function compareTrainings(
  own: OwnRetrieval,
  encoders: DualEncoder,
  teacher: PairScorer,
  trainings: readonly RetrievalTraining[],
  context: {
    readonly steps: number;
    readonly folder: string;
    readonly signal: AbortSignal;
    say(message: string): void;
  },
): Promise<ComparedTrainings> {
  const results = [bm25Result(own)];
  if (!context.signal.aborted) results.push(await teacherResult(own, teacher, context.signal));
  const curves: Record<string, ComparedTrainings['curves'][string]> = {};
  let best: TrainedEncoders | undefined;
  for (const { id, title, teach } of trainings) {
    context.say(title);
    const watch = watchValidation(own, context.steps);
    const learner = await teach(watch.after);
    best = watch.best ?? learner.trained();
    await learner.dispose();
    curves[id] = watch.curve;
    results.push(await encoderResult(own, id, title, encoders, best));
  }
  if (best) await shipEncoders(context.folder, own, encoders, best, results.at(-1)!);
  const lines = [...results.map(resultLine), `student, index and report: ${context.folder}`];
  return { results, curves, lines };
}
