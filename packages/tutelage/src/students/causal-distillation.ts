import {
  type Concrete,
  jit,
  mul,
  random,
  reduceLosses,
  slice,
  sum,
  type Tensor,
  type Value,
} from '@tutelage/engine';
import type { AnswerSource, Checkpoint } from '../assessment/hacking.js';
import type { CausalModel } from '../language/causal-model.js';
import { llamaRollouts } from '../language/generate/rollouts.js';
import { type Lesson, type LessonBatch, lessonBatch, packLessons, positionsOf } from '../language/lessons.js';
import { pairVocabularies } from '../language/vocabulary-pairing.js';
import { type Llama, llama } from '../models/llama.js';
import { type TokenDivergence, tokenDivergence } from '../objectives/token-divergence.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { projections } from './adapted-trainer.js';
import { type CausalTrainer, causalTrainer } from './causal-trainer.js';

export interface CausalDistillationOptions {
  readonly teacher: CausalModel;
  readonly student: CausalModel;
  /** Prompts to learn on and prompts to be measured on, in tokens. */
  readonly prompts: readonly (readonly number[])[];
  readonly heldOut: readonly (readonly number[])[];
  /** Right answers to some prompts, in tokens, where they are known. */
  readonly references: readonly Lesson[];
  readonly source: AnswerSource;
  /** Answers to each prompt. */
  readonly generations: number;
  /** Epochs after which answers are drawn anew, where they are not fixed. */
  readonly refresh: number;
  readonly epochs: number;
  readonly divergence: TokenDivergence;
  readonly learningRate: number;
  /** Rank of low-rank changes; all weights are trained where it is 0. */
  readonly loraRank: number;
  /** Most tokens of an answer. */
  readonly maxTokens: number;
  readonly rowsABatch: number;
  /** Epochs after which distances are measured. */
  readonly checkpoints: readonly number[];
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Hears of each checkpoint, with the weights as they are then. */
  onCheckpoint?(checkpoint: Checkpoint, params: () => Promise<Llama<Tensor>>): Promise<void>;
}

/** Answers that are drawn between two looks at the signal. */
const together = 256;

type Taught<T> = LessonBatch<T> & { readonly teacher: T };

/**
 * Distils one causal language model into another, token by token on answers that the teacher or the student gives (Agarwal et al. 2024),
 * and watches how far the student is from its teacher and from the right answers on prompts that it does not learn on.
 *
 * @returns a checkpoint for each epoch asked for: `proxy` is the divergence from the teacher, `golden` the loss on the right answers
 * @throws {UserError} when the vocabularies differ
 */
export async function distilCausal(options: CausalDistillationOptions): Promise<Checkpoint[]> {
  const { teacher, student, prompts, heldOut, references, epochs, rowsABatch, seed, signal } = options;
  const { shared } = pairVocabularies(teacher, student);
  const key = random.foldIn(random.key(seed), 'distillation');
  const end = teacher.tokenizer.special.end ?? 0;
  const length = rowLength(prompts, heldOut, references, options.maxTokens);
  const cut = (logits: Value) => slice(logits, { axis: 2, end: shared });

  const judge = jit((p: Llama<Value>, tokens: Value, segments: Value) =>
    cut(llama(p, teacher.config, tokens, segments)),
  );
  const judged = async (batch: LessonBatch<Tensor>): Promise<Taught<Tensor>> => ({
    ...batch,
    teacher: (await judge(teacher.params, batch.tokens, batch.segments)) as Tensor,
  });
  const divergence = (logits: Value, batch: Taught<Value>) =>
    tokenDivergence(cut(logits), batch.teacher, options.divergence);
  const trainer: CausalTrainer<Taught<Value>> = causalTrainer<Taught<Value>>({
    model: student,
    objective: (logits, batch) => reduceLosses(divergence(logits, batch), { weights: batch.counted }),
    learningRate: options.learningRate,
    ...(options.loraRank > 0 && {
      lora: { rank: options.loraRank, alpha: 2 * options.loraRank, match: projections },
    }),
    clipNorm: 1,
    seed,
  });
  const distances = jit((p: Llama<Value>, batch: Taught<Value>) => {
    const logits = llama(p, student.config, batch.tokens, batch.segments);
    const total = (losses: Value) => sum(mul(losses, batch.counted));
    return {
      proxy: total(divergence(logits, batch)),
      golden: total(mul(tokenLogProbabilities(logits, batch.next), -1)),
    };
  });
  const batchesOf = (lessons: readonly Lesson[]): LessonBatch<Tensor>[] => {
    const rows = packLessons(lessons, length).map((row) => row.map((i) => lessons[i]!));
    return Array.from({ length: Math.ceil(rows.length / rowsABatch) }, (_, i) => {
      const own = rows.slice(i * rowsABatch, (i + 1) * rowsABatch);
      // Rows without lessons keep the shape, so that nothing is compiled anew.
      return lessonBatch([...own, ...Array.from({ length: rowsABatch - own.length }, () => [])], {
        length,
        padding: end,
      });
    });
  };
  const answered = async (by: CausalModel, asked: typeof prompts, drawn: random.Key): Promise<Lesson[]> => {
    const rollouts = llamaRollouts(by.config, length + 1);
    rollouts.load(by.params);
    try {
      const found: Lesson[] = [];
      for (let at = 0; at < asked.length && !signal.aborted; at += together) {
        const part = asked.slice(at, at + together);
        const sampling = { key: random.foldIn(drawn, at) };
        const answers = await rollouts.draw(part, {
          maxTokens: options.maxTokens,
          sampling,
          endTokens: [end],
        });
        answers.forEach(({ tokens }, i) => {
          // A padded head may say what the tokenizer has no token for.
          const unknown = tokens.findIndex((token) => token >= shared);
          const answer = unknown < 0 ? tokens : tokens.slice(0, unknown);
          if (answer.length > 0) found.push({ prompt: part[i]!, answer });
        });
      }
      return found;
    } finally {
      await rollouts.release();
    }
  };
  const mean = async (lessons: readonly Lesson[], figure: 'proxy' | 'golden'): Promise<number> => {
    const params = await trainer.params();
    let [total, count] = [0, 0];
    for (const batch of batchesOf(lessons)) {
      total += Number((await distances(params, await judged(batch)))[figure].data[0]);
      count += (batch.counted.data as Float32Array).reduce((a, b) => a + b, 0);
    }
    return total / count;
  };

  const found: Checkpoint[] = [];
  try {
    const tests = await answered(teacher, heldOut, random.foldIn(key, 'held out'));
    const measure = async (epoch: number): Promise<void> => {
      if (!options.checkpoints.includes(epoch)) return;
      const proxy = await mean(tests, 'proxy');
      const golden = references.length > 0 ? await mean(references, 'golden') : undefined;
      const checkpoint = { epoch, proxy, ...(golden !== undefined && { golden }) };
      found.push(checkpoint);
      await options.onCheckpoint?.(checkpoint, () => trainer.params());
    };
    const asked = Array.from({ length: options.generations }, () => prompts).flat();
    let lessons: Lesson[] = [];
    await measure(0);
    for (let epoch = 1; epoch <= epochs && !signal.aborted; epoch++) {
      const stale = options.source !== 'offline' && (epoch - 1) % options.refresh === 0;
      if (lessons.length === 0 || stale) {
        const by =
          options.source === 'online student' ? { ...student, params: await trainer.params() } : teacher;
        lessons = await answered(by, asked, random.foldIn(random.foldIn(key, 'answers'), epoch));
      }
      const order = random.stream(random.foldIn(random.foldIn(key, 'order'), epoch)).shuffle(lessons);
      for (const batch of batchesOf(order)) {
        if (signal.aborted) break;
        await trainer.learn((await judged(batch)) as Concrete<Taught<Value>>);
      }
      if (!signal.aborted) await measure(epoch);
    }
    return found;
  } finally {
    for (const part of [judge, distances, trainer]) await part.dispose();
  }
}

/** Positions of a row: the longest lesson, rounded up. */
function rowLength(
  prompts: readonly (readonly number[])[],
  heldOut: readonly (readonly number[])[],
  references: readonly Lesson[],
  maxTokens: number,
): number {
  const drawn = [...prompts, ...heldOut].map((prompt) => prompt.length + maxTokens - 1);
  return 16 * Math.ceil(Math.max(...drawn, ...references.map(positionsOf)) / 16);
}
