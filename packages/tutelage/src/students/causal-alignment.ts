import { type Concrete, gather, mul, optim, random, reshape, tensor, type Value } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import type { CausalModel } from '../language/causal-model.js';
import type { Lesson, LessonBatch } from '../language/lessons.js';
import { chunkLogProbabilities } from '../objectives/chunk-likelihood.js';
import { type Pairs, type PreferenceKind, preferenceLoss } from '../objectives/preference.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { projections } from './adapted-trainer.js';
import { pairLogs } from './causal-preferences.js';
import { causalTrainer } from './causal-trainer.js';
import { lessonLogs } from './lesson-logs.js';
import { passShape } from './lesson-passes.js';
import { inSlots, type LessonPair, lessonsOf, pairPasses } from './pair-passes.js';

export interface CausalAlignment {
  /** Where training starts, and what it is held to. */
  readonly model: CausalModel;
  readonly pairs: readonly LessonPair[];
  readonly kind: PreferenceKind;
  readonly beta: number;
  readonly passes: number;
  /** Pairs of an update; for KTO as many better and worse answers, of different pairs. */
  readonly batchSize: number;
  /** At its height: it rises for a tenth of the updates, and then falls by a cosine. */
  readonly learningRate: number;
  /** Rank of low-rank changes; all weights are trained where it is 0. */
  readonly loraRank: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Hears of each update. */
  readonly onStep?: (step: number, of: number, loss: number) => void;
  /** Hears of the model after each pass; `false` ends the training. */
  readonly onPass?: (pass: number, model: CausalModel) => Promise<boolean>;
}

type Compared<T> = LessonBatch<T> & {
  /** Places of the two answers among all stretches of the rows, [slots] each. */
  readonly at: Pairs<T>;
  /** Log-probabilities under the reference, and tokens, of the answers, [slots] each. */
  readonly reference: Pairs<T>;
  readonly lengths: Pairs<T>;
  /** What each pair counts, [slots]: 0 where there is none. */
  readonly weights: T;
  /** Mean log-ratio of answers to others' prompts, [1]. */
  readonly mismatched: T;
};

/** Preference optimisation of a causal language model by DPO, IPO or KTO, several passes over pairs in random order. */
export async function alignCausal(options: CausalAlignment): Promise<CausalModel> {
  const { model, kind, beta, passes, batchSize, learningRate, loraRank, seed, signal } = options;
  const total = passes * Math.ceil(options.pairs.length / batchSize);
  const trainer = causalTrainer<Compared<Value>>({
    model,
    objective(logits, { next, counted, segments, at, reference, lengths, weights, mismatched }) {
      const perToken = mul(tokenLogProbabilities(logits, next), counted);
      const answers = reshape(chunkLogProbabilities(perToken, segments), [-1]);
      const policy = { chosen: gather(answers, at.chosen), rejected: gather(answers, at.rejected) };
      return preferenceLoss(kind, { policy, reference, lengths, mismatched }, { beta, weights });
    },
    learningRate,
    schedule: optim.cosine({ total, warmup: Math.min(total - 1, Math.ceil(total / 10)) }),
    clipNorm: 1,
    accumulates: true,
    ...(loraRank > 0 && { lora: { rank: loraRank, alpha: 2 * loraRank, match: projections } }),
    seed,
  });
  const logs = await pairLogs(model, options.pairs, { signal });
  const known = options.pairs.slice(0, logs.length).map((pair, i) => ({ pair, logs: logs[i]! }));
  const shape = passShape(lessonsOf(options.pairs), 2);
  const layout = { slots: batchSize, padding: model.tokenizer.special.end ?? 0 };
  const batchesOf = (own: readonly Known[], mismatched: number): Concrete<Compared<Value>>[] =>
    pairPasses(
      own.map(({ pair }) => pair),
      shape,
      layout,
      ({ row, segment }) => row * shape.length + segment - 1,
    ).map(({ batch, members, at, weights }) => {
      const side = (of: (one: Known) => number) =>
        inSlots(
          members.map((i) => of(own[i]!)),
          batchSize,
        );
      const reference = {
        chosen: side(({ logs: { chosen } }) => chosen),
        rejected: side(({ logs: { rejected } }) => rejected),
      };
      const lengths = {
        chosen: side(({ pair: { chosen } }) => chosen.answer.length),
        rejected: side(({ pair: { rejected } }) => rejected.answer.length),
      };
      // An empty slot has the length of a token, so that nothing is divided by 0.
      for (const { data } of Object.values(lengths)) (data as Float32Array).fill(1, members.length);
      const point = tensor(Float32Array.of(mismatched));
      return { ...batch, at, weights, reference, lengths, mismatched: point } as Concrete<Compared<Value>>;
    });

  const current = async (): Promise<CausalModel> => ({ ...model, params: await trainer.params() });
  try {
    let step = 0;
    for (let pass = 0; pass < passes && !signal.aborted; pass++) {
      const dice = random.stream(random.foldIn(random.foldIn(random.key(seed), 'alignment'), pass));
      const order = dice.shuffle(known);
      const others = kind === 'kto' ? dice.shuffle(order) : order;
      const rows = order.map((one, i) => apart(one, others[i]!));
      for (let from = 0; from < rows.length && !signal.aborted; from += batchSize) {
        const own = rows.slice(from, from + batchSize);
        const mismatched = kind === 'kto' ? await mismatch(model, await current(), own, signal) : 0;
        const [first, ...rest] = batchesOf(own, mismatched);
        const { loss } = await trainer.learn(first!, ...rest);
        options.onStep?.(++step, total, loss);
      }
      if (!signal.aborted && (await options.onPass?.(pass + 1, await current())) === false) break;
    }
    return await current();
  } finally {
    await trainer.dispose();
  }
}

/** A pair with its log-probabilities under the reference. */
interface Known {
  readonly pair: LessonPair;
  readonly logs: Pairs<number>;
}

/** The better answer of one pair and the worse one of another. */
function apart(better: Known, worse: Known): Known {
  return {
    pair: { chosen: better.pair.chosen, rejected: worse.pair.rejected },
    logs: { chosen: better.logs.chosen, rejected: worse.logs.rejected },
  };
}

/** Mean over the answers of an update of log(policy / reference), each after the next one's prompt. */
async function mismatch(
  reference: CausalModel,
  policy: CausalModel,
  rows: readonly Known[],
  signal: AbortSignal,
): Promise<number> {
  const lessons = lessonsOf(rows.map(({ pair }) => pair));
  const swapped: Lesson[] = lessons.map(({ prompt }, i) => ({ prompt, answer: lessons.at(i - 1)!.answer }));
  const [now, before] = [
    await lessonLogs(policy, swapped, { signal }),
    await lessonLogs(reference, swapped, { signal }),
  ];
  return mean(now.map((log, i) => (log ?? 0) - (before[i] ?? 0)));
}
