import { type Concrete, random, reduceLosses, type Tensor, tensor, type Value } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import type { CausalModel } from '../language/causal-model.js';
import { type LessonBatch, lessonBatch, packLessons } from '../language/lessons.js';
import {
  type ChunkLesson,
  chunkLesson,
  type TextLesson,
  type TextScorer,
} from '../language/text-alignment.js';
import { chunkDivergence, chunkLogProbabilities } from '../objectives/chunk-likelihood.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { projections } from './adapted-trainer.js';
import { causalTrainer } from './causal-trainer.js';

export interface TextDistillationOptions {
  /** Says what it thinks of the texts: `textScorer` of a model, or `endpointScorer` of a server. */
  readonly teacher: TextScorer;
  readonly student: CausalModel;
  readonly lessons: readonly TextLesson[];
  readonly epochs: number;
  /** Of the comparison of probabilities, from 1 on; see `chunkDivergence`. */
  readonly temperature: number;
  readonly learningRate: number;
  /** Rank of low-rank changes; all weights are trained where it is 0. */
  readonly loraRank: number;
  readonly rowsABatch: number;
  /** Tokens of a row, of which lessons fill several where they fit. */
  readonly length: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Hears of each update. */
  readonly onStep?: (step: number, loss: number) => void;
}

type Chunked<T> = LessonBatch<T> & {
  /** Number of the chunk that the following token belongs to, from 1 in each row, or 0, [rows, length]. */
  readonly chunks: T;
  /** The teacher's log-probabilities of the chunks, [rows, length]. */
  readonly teacher: T;
  /** 1 where there is a chunk, [rows, length]. */
  readonly known: T;
};

/**
 * Distils a teacher into a student with another tokenizer: both say how likely stretches of text are, and the student is drawn to what the
 * teacher says (approximate likelihood matching, Minixhofer, Vulic and Ponti 2025). The texts are of the user's choosing, such as the
 * teacher's own answers; nothing is learned from them but the teacher's view of them.
 *
 * @throws {UserError} where the student's tokenizer changes a text, the teacher and the student have no boundary in common, or a lesson is longer
 *   than a row
 */
export async function distilByText(options: TextDistillationOptions): Promise<CausalModel> {
  const { student, length, rowsABatch, epochs, loraRank, temperature, signal } = options;
  const scored = await options.teacher(options.lessons, signal);
  const lessons = options.lessons.map((lesson, i) => chunkLesson(student.tokenizer, lesson, scored[i]!));
  if (!lessons.some(({ chunks }) => chunks.length > 0)) {
    throw new UserError('the teacher says nothing of the answers that the student could learn', {
      detail:
        "its tokens and the student's have no boundary in common there, or it gives no log-probabilities",
    });
  }
  const trainer = causalTrainer<Chunked<Value>>({
    model: student,
    objective(logits, { next, chunks, teacher, known }) {
      const own = chunkLogProbabilities(tokenLogProbabilities(logits, next), chunks);
      return reduceLosses(chunkDivergence(own, teacher, temperature), { weights: known });
    },
    learningRate: options.learningRate,
    clipNorm: 1,
    ...(loraRank > 0 && { lora: { rank: loraRank, alpha: 2 * loraRank, match: projections } }),
    seed: options.seed,
  });
  try {
    let step = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const key = random.foldIn(random.foldIn(random.key(options.seed), 'texts'), epoch);
      const order = random.stream(key).shuffle(lessons);
      const rows = packLessons(order, length).map((row) => row.map((i) => order[i]!));
      for (let at = 0; at < rows.length && !signal.aborted; at += rowsABatch) {
        // Rows without lessons keep the shape, so that nothing is compiled anew.
        const own = Array.from({ length: rowsABatch }, (_, i) => rows[at + i] ?? []);
        const batch = chunkBatch(own, { length, padding: student.tokenizer.special.end ?? 0 });
        const { loss } = await trainer.learn(batch as Concrete<Chunked<Value>>);
        options.onStep?.(++step, loss);
      }
    }
    return { ...student, params: await trainer.params() };
  } finally {
    await trainer.dispose();
  }
}

function chunkBatch(
  rows: readonly (readonly ChunkLesson[])[],
  sizes: { readonly length: number; readonly padding: number },
): Chunked<Tensor> {
  const { length } = sizes;
  const shape = [rows.length, length];
  const chunks = new Int32Array(rows.length * length);
  const [teacher, known] = [new Float32Array(chunks.length), new Float32Array(chunks.length)];
  rows.forEach((lessons, row) => {
    let [at, count] = [row * length, 0];
    for (const { prompt, answer, chunks: own } of lessons) {
      const start = at + prompt.length - 1;
      for (const { from, to, logProbability } of own) {
        teacher[row * length + count] = logProbability;
        known[row * length + count] = 1;
        chunks.fill(++count, start + from, start + to);
      }
      at = start + answer.length;
    }
  });
  return {
    ...lessonBatch(rows, sizes),
    chunks: tensor(chunks, shape),
    teacher: tensor(teacher, shape),
    known: tensor(known, shape),
  };
}
