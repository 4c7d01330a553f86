import {
  add,
  type Concrete,
  jit,
  mul,
  random,
  reduceLosses,
  slice,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
  type Value,
} from '@tutelage/engine';
import type { CausalModel } from '../language/causal-model.js';
import { llamaDecoder } from '../language/generate/decoder.js';
import { generate } from '../language/generate/generate.js';
import { type Lesson, type LessonBatch, lessonBatch, packLessons, positionsOf } from '../language/lessons.js';
import { pairVocabularies } from '../language/vocabulary-pairing.js';
import { type Llama, llama } from '../models/llama.js';
import { type TokenDivergence, tokenDivergence } from '../objectives/token-divergence.js';
import { projections } from './adapted-trainer.js';
import { causalTrainer } from './causal-trainer.js';
import { shuffledBatches } from './window-lessons.js';

export interface CausalImitation {
  readonly teacher: CausalModel;
  readonly student: CausalModel;
  /** Answers with their end token. */
  readonly lessons: readonly Lesson[];
  /** From the teacher's distributions, at each token of the answers. */
  readonly divergence: TokenDivergence;
  /** Divides both logits; the divergence is multiplied by its square. */
  readonly temperature: number;
  /** Share of the divergence in the loss; the rest is the likelihood of the answers. */
  readonly weight: number;
  /** Standard deviation of what is added to the teacher's logits, anew each time. */
  readonly noise: number;
  /** Share of the updates on answers that the student gives, drawn at the beginning of each pass. */
  readonly ownShare: number;
  readonly passes: number;
  /** Rows of an update. */
  readonly batchSize: number;
  readonly learningRate: number;
  /** Rank of low-rank changes; all weights are trained where it is 0. */
  readonly loraRank: number;
  /** Most tokens of an own answer. */
  readonly answerTokens: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Hears of each update. */
  readonly onStep?: (step: number, of: number, loss: number) => void;
}

type Judged<T> = LessonBatch<T> & { readonly target: T };

/** Rows have a multiple of so many tokens. */
const unit = 32;

/**
 * Draws a causal language model to a teacher's distributions over the tokens of answers (Hinton et al. 2015; Agarwal et al. 2024 where some of
 * the answers are the student's own).
 *
 * @throws {UserError} when the vocabularies differ beyond padding
 */
export async function imitateCausal(options: CausalImitation): Promise<CausalModel> {
  const { teacher, student, lessons, divergence, temperature, weight, noise, passes, batchSize, loraRank } =
    options;
  const { seed, signal } = options;
  const { shared } = pairVocabularies(teacher, student);
  const key = random.foldIn(random.key(seed), 'imitation');
  const end = student.tokenizer.special.end ?? 0;
  const length = unit * Math.ceil(Math.max(...lessons.map(positionsOf)) / unit);
  const cut = (logits: Value) => slice(logits, { axis: 2, end: shared });
  const judge = jit((p: Llama<Value>, tokens: Value, segments: Value) =>
    cut(llama(p, teacher.config, tokens, segments)),
  );
  const trainer = causalTrainer<Judged<Value>>({
    model: student,
    objective(logits, { next, counted, target }) {
      const far = tokenDivergence(cut(logits), target, divergence, temperature);
      const unlikely = softmaxCrossEntropy(logits, next).loss;
      const both = add(mul(far, weight * temperature ** 2), mul(unlikely, 1 - weight));
      return reduceLosses(both, { weights: counted });
    },
    learningRate: options.learningRate,
    clipNorm: 1,
    ...(loraRank > 0 && { lora: { rank: loraRank, alpha: 2 * loraRank, match: projections } }),
    seed,
  });
  const rows = packLessons(lessons, length);
  const total = passes * Math.ceil(rows.length / batchSize);
  let step = 0;
  const learn = async (own: readonly (readonly Lesson[])[]): Promise<void> => {
    const padded = [...own, ...Array.from({ length: batchSize - own.length }, () => [])];
    const batch = lessonBatch(padded, { length, padding: end });
    const target = (await judge(teacher.params, batch.tokens, batch.segments)) as Tensor;
    const noisy = withNoise(target, noise, random.foldIn(random.foldIn(key, 'noise'), step));
    const { loss } = await trainer.learn({ ...batch, target: noisy } as Concrete<Judged<Value>>);
    options.onStep?.(++step, total, loss);
  };
  try {
    for (let pass = 0; pass < passes && !signal.aborted; pass++) {
      const order = random.foldIn(random.foldIn(key, 'order'), pass);
      const dice = random.stream(random.foldIn(order, 'own'));
      const batches = [...shuffledBatches(rows.length, batchSize, order)].map((chosen) => ({
        lessons: chosen.map((row) => rows[row]!.map((i) => lessons[i]!)),
        own: dice.uniform() < options.ownShare,
      }));
      const asked = batches.flatMap((batch) => (batch.own ? batch.lessons.flat() : []));
      const drawn = await ownAnswers({ ...student, params: await trainer.params() }, asked, options, order);
      for (const batch of batches) {
        if (signal.aborted) break;
        await learn(
          batch.own
            ? batch.lessons.map((row) => row.map((lesson) => drawn.get(lesson) ?? lesson))
            : batch.lessons,
        );
      }
    }
    return { ...student, params: await trainer.params() };
  } finally {
    for (const part of [judge, trainer]) await part.dispose();
  }
}

function withNoise(logits: Tensor, deviation: number, key: random.Key): Tensor {
  if (deviation === 0) return logits;
  const data = logits.data as Float32Array;
  const noise = new Float32Array(data.length);
  random.fillNormal(noise, key);
  return tensor(
    data.map((logit, i) => logit + deviation * noise[i]!),
    logits.shape,
  );
}

/** Answers that are drawn together. */
const together = 16;

/** What a student answers, no longer than the answers to learn or so many tokens, by lesson. */
async function ownAnswers(
  model: CausalModel,
  lessons: readonly Lesson[],
  { answerTokens, signal }: Pick<CausalImitation, 'answerTokens' | 'signal'>,
  key: random.Key,
): Promise<Map<Lesson, Lesson>> {
  const found = new Map<Lesson, Lesson>();
  if (lessons.length === 0) return found;
  const end = model.tokenizer.special.end ?? 0;
  const longest = (of: (lesson: Lesson) => readonly number[]) =>
    Math.max(...lessons.map((own) => of(own).length));
  const positions = longest(({ prompt }) => prompt) + longest(({ answer }) => answer);
  const decoder = await llamaDecoder(model.params, model.config, positions);
  try {
    for (let at = 0; at < lessons.length && !signal.aborted; at += together) {
      const part = lessons.slice(at, at + together);
      const maxTokens = Math.max(...part.map(({ answer }) => Math.min(answerTokens, answer.length)));
      const answers = await generate(
        decoder,
        part.map(({ prompt }) => prompt),
        { maxTokens, sampling: { key: random.foldIn(key, at) }, endTokens: [end] },
      );
      part.forEach((lesson, i) => {
        // A row keeps its length: an own answer is no longer than the one in its place.
        const tokens = answers[i]!.tokens.slice(0, lesson.answer.length);
        // A padded head may say what the tokenizer has no token for.
        const unknown = tokens.findIndex((token) => token >= model.tokenizer.vocabularySize);
        const answer = unknown < 0 ? tokens : tokens.slice(0, unknown);
        if (answer.length > 0) found.set(lesson, { prompt: lesson.prompt, answer });
      });
    }
    return found;
  } finally {
    await decoder.release();
  }
}
