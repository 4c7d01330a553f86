import {
  add,
  type Concrete,
  jit,
  klDivergence,
  logSoftmax,
  mul,
  neg,
  random,
  sub,
  sum,
  type Tensor,
  tensor,
  type Value,
} from '@tutelage/engine';
import type { CausalModel } from '../language/causal-model.js';
import { type Lesson, type LessonBatch, lessonBatch, positionsOf } from '../language/lessons.js';
import { type Llama, llama } from '../models/llama.js';
import { expectedAdvantage, tokenAdvantages } from '../objectives/advantage.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { projections } from './adapted-trainer.js';
import { causalTrainer } from './causal-trainer.js';

/** What one answer to each prompt is used for, and how much that counts. */
export interface LessonUse {
  /** Of each prompt in turn. */
  readonly lessons: readonly Lesson[];
  /** Learned as they are. */
  readonly likelihood?: number;
  /** Where the student is drawn to a teacher's distributions. */
  readonly divergence?: { readonly weight: number; readonly teacher: CausalModel };
  /** Where the student is drawn to tokens of which an aligned teacher thinks more than it did before. */
  readonly advantage?: {
    readonly weight: number;
    readonly aligned: CausalModel;
    readonly reference: CausalModel;
  };
}

export interface CausalUsesOptions {
  readonly model: CausalModel;
  readonly uses: readonly LessonUse[];
  readonly passes: number;
  /** Prompts of an update. */
  readonly batchSize: number;
  readonly learningRate: number;
  /** Rank of low-rank changes; all weights are trained where it is 0. */
  readonly loraRank: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Hears of each update. */
  readonly onStep?: (step: number, of: number, loss: number) => void;
}

type Used<T> = Pick<LessonBatch<T>, 'tokens' | 'next' | 'segments'> & {
  /** Weights of the tokens, [rows, length]; those of a use add up to what it counts. */
  readonly likelihood: T;
  readonly divergence: T;
  readonly advantage: T;
  /** A teacher's log-probabilities, [rows, length, vocabulary]. */
  readonly target: T;
  readonly advantages: T;
};

/** Rows have a multiple of so many tokens, so that few programs are compiled. */
const unit = 32;

/** A model's log-probabilities after each token. */
function judgeOf({ config }: CausalModel) {
  return jit((p: Llama<Value>, tokens: Value, segments: Value) =>
    logSoftmax(llama(p, config, tokens, segments)),
  );
}

function judgeFor(
  judges: Map<CausalModel, ReturnType<typeof judgeOf>>,
  teacher: CausalModel,
): ReturnType<typeof judgeOf> {
  const judge = judges.get(teacher) ?? judgeOf(teacher);
  judges.set(teacher, judge);
  return judge;
}

/** Teaches a causal language model by some uses of answers at once. Teachers have the student's vocabulary, and as large a head. */
export async function teachCausalByUses(options: CausalUsesOptions): Promise<CausalModel> {
  const { model, uses, passes, batchSize, loraRank, signal } = options;
  const count = uses[0]!.lessons.length;
  const total = passes * Math.ceil(count / batchSize);
  const advantagesOf = jit((now: Value, before: Value) => tokenAdvantages(now, before));
  // Each teacher has sizes of its own.
  const judges = new Map<CausalModel, ReturnType<typeof judgeOf>>();
  const judged = (teacher: CausalModel, { tokens, segments }: LessonBatch<Tensor>) =>
    judgeFor(judges, teacher)(teacher.params, tokens, segments);

  const trainer = causalTrainer<Used<Value>>({
    model,
    objective(logits, batch) {
      const likelihood = mul(neg(tokenLogProbabilities(logits, batch.next)), batch.likelihood);
      const divergence = mul(
        klDivergence(logSoftmax(logits), batch.target, { reduction: 'none' }),
        batch.divergence,
      );
      const advantage = mul(expectedAdvantage(logits, batch.advantages), batch.advantage);
      return sum(sub(add(likelihood, divergence), advantage));
    },
    learningRate: options.learningRate,
    clipNorm: 1,
    ...(loraRank > 0 && { lora: { rank: loraRank, alpha: 2 * loraRank, match: projections } }),
    seed: options.seed,
  });

  const batchOf = async (rows: readonly number[]): Promise<Used<Tensor>> => {
    const lessons = uses.flatMap((use) => rows.map((row) => use.lessons[row]!));
    const length = unit * Math.ceil(Math.max(...lessons.map(positionsOf)) / unit);
    const shaped = (own: readonly Lesson[]) =>
      lessonBatch(
        own.map((lesson) => [lesson]),
        { length, padding: model.tokenizer.special.end ?? 0 },
      );
    const { tokens, next, segments } = shaped(lessons);
    const { vocabulary } = model.config;
    const wide = uses.length * rows.length * length * vocabulary;
    const [target, advantages] = [new Float32Array(wide), new Float32Array(wide)];
    const weights = {
      likelihood: new Float32Array(lessons.length * length),
      divergence: new Float32Array(lessons.length * length),
      advantage: new Float32Array(lessons.length * length),
    };
    for (const [i, use] of uses.entries()) {
      const own = shaped(rows.map((row) => use.lessons[row]!));
      const counted = own.counted.data as Float32Array;
      const tokensCounted = counted.reduce((a, b) => a + b, 0);
      const place = i * rows.length * length;
      const weigh = (into: Float32Array, weight = 0) =>
        into.set(
          counted.map((one) => (one * weight) / tokensCounted),
          place,
        );
      weigh(weights.likelihood, use.likelihood);
      weigh(weights.divergence, use.divergence?.weight);
      weigh(weights.advantage, use.advantage?.weight);
      if (use.divergence)
        target.set((await judged(use.divergence.teacher, own)).data as Float32Array, place * vocabulary);
      if (!use.advantage) continue;
      const { aligned, reference } = use.advantage;
      const found = await advantagesOf(await judged(aligned, own), await judged(reference, own));
      advantages.set(found.data as Float32Array, place * vocabulary);
    }
    const shape = [lessons.length, length];
    const cube = [...shape, vocabulary];
    return {
      tokens,
      next,
      segments,
      likelihood: tensor(weights.likelihood, shape),
      divergence: tensor(weights.divergence, shape),
      advantage: tensor(weights.advantage, shape),
      target: tensor(target, cube),
      advantages: tensor(advantages, cube),
    };
  };

  try {
    let step = 0;
    for (let pass = 0; pass < passes; pass++) {
      const key = random.foldIn(random.foldIn(random.key(options.seed), 'uses'), pass);
      const order = random.stream(key).shuffle(Array.from({ length: count }, (_, i) => i));
      for (let at = 0; at < count && !signal.aborted; at += batchSize) {
        const { loss } = await trainer.learn(
          (await batchOf(order.slice(at, at + batchSize))) as Concrete<Used<Value>>,
        );
        options.onStep?.(++step, total, loss);
      }
    }
    return { ...model, params: await trainer.params() };
  } finally {
    for (const part of [trainer, advantagesOf, ...judges.values()]) await part.dispose();
  }
}
