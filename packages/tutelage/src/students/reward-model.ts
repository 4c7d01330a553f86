import { type Concrete, gather, jit, nn, reshape, type SessionOptions, type Value } from '@tutelage/engine';
import type { CausalModel } from '../language/causal-model.js';
import { type Lesson, type LessonBatch, positionsOf } from '../language/lessons.js';
import type { RewardModel } from '../language/reward-model.js';
import { type LlamaScorer, llamaScores } from '../models/llama.js';
import { bradleyTerry, type Pairs } from '../objectives/preference.js';
import { adaptedTrainer } from './adapted-trainer.js';
import type { Checked } from './grpo.js';
import { type LessonPlace, lessonPasses, passShape } from './lesson-passes.js';
import { learnOnePass, type OnePass, onePassTraining } from './one-pass.js';
import { type LessonPair, lessonsOf, pairPasses } from './pair-passes.js';

/** A reward model that has learned nothing yet: a language model with a head of zeros in the place of its own. */
export function initRewardModel({ config, params, tokenizer }: CausalModel): RewardModel {
  return {
    config,
    tokenizer,
    params: { model: params.model, score: { weight: nn.zeros([1, config.width]) } },
  };
}

export interface RewardTrainingOptions extends OnePass {
  readonly model: RewardModel;
  /** Pairs in the order of their updates; answers have their end token. */
  readonly pairs: readonly LessonPair[];
}

type Compared<T> = Read<T> & {
  /** Places of the last tokens of the two answers among all positions, [slots] each. */
  readonly at: Pairs<T>;
  readonly weights: T;
};
type Read<T> = Pick<LessonBatch<T>, 'tokens' | 'segments'>;

/**
 * Trains a reward model to give better answers more (Ouyang et al. 2022, equation 1), one pass over pairs in their order. Beside low-rank
 * changes, the head is trained.
 */
export async function teachRewards(options: RewardTrainingOptions): Promise<RewardModel> {
  const { model, batchSize } = options;
  const { config, tokenizer } = model;
  const pairs = options.pairs.map(({ chosen, rejected }) => ({
    chosen: readWhole(chosen),
    rejected: readWhole(rejected),
  }));
  const trainer = adaptedTrainer<LlamaScorer<Value>, Compared<Value>>({
    ...onePassTraining(pairs.length, options),
    params: model.params,
    whole: /score\.weight$/,
    loss(p, { tokens, segments, at, weights }) {
      const scores = reshape(llamaScores(p, config, tokens, segments), [-1]);
      const rewards = { chosen: gather(scores, at.chosen), rejected: gather(scores, at.rejected) };
      return bradleyTerry(rewards, { weights });
    },
  });
  const shape = passShape(lessonsOf(pairs), 2);
  const layout = { slots: batchSize, padding: tokenizer.special.end ?? 0 };
  const batchesOf = (start: number, end: number) =>
    pairPasses(pairs.slice(start, end), shape, layout, lastPosition(shape.length)).map(
      ({ batch: { tokens, segments }, at, weights }) =>
        ({ tokens, segments, at, weights }) as Concrete<Compared<Value>>,
    );
  const pass = { trainer, objective: 'rewards', examples: pairs.length, batchesOf };
  return { ...model, params: await learnOnePass(pass, options) };
}

/** A lesson is read without its last token, which a language model predicts: here the end of the answer is read too. */
const readWhole = ({ prompt, answer }: Lesson): Lesson => ({ prompt, answer: [...answer, 0] });

const lastPosition =
  (length: number) =>
  ({ row, start }: LessonPlace, lesson: Lesson): number =>
    row * length + start + positionsOf(lesson) - 1;

/** A reward model at work. */
export interface RewardJudge {
  /** What each answer is worth to its prompt; answers have their end token. */
  rewards(lessons: readonly Lesson[]): Promise<number[]>;
  dispose(): Promise<void>;
}

export function rewardJudge(
  { config, params, tokenizer }: RewardModel,
  session: Pick<SessionOptions, 'threads'> = {},
): RewardJudge {
  const run = jit(
    (p: LlamaScorer<Value>, { tokens, segments }: Read<Value>) => llamaScores(p, config, tokens, segments),
    session,
  );
  return {
    async rewards(lessons) {
      const read = lessons.map(readWhole);
      const shape = passShape(read, 1);
      const found = new Map<number, number>();
      for (const { batch, places } of lessonPasses(read, shape, tokenizer.special.end ?? 0)) {
        const { tokens, segments } = batch;
        const { data } = await run(params, { tokens, segments } as Concrete<Read<Value>>);
        for (const [i, place] of places) {
          found.set(i, Number(data[lastPosition(shape.length)(place, read[i]!)]));
        }
      }
      return lessons.map((_, i) => found.get(i)!);
    },
    dispose: () => run.dispose(),
  };
}

/** What a reward model gives to the two answers of each pair: `pairAccuracy` of them is how often it ranks them as the pair does. */
export async function pairRewards(
  judge: RewardJudge,
  pairs: readonly LessonPair[],
): Promise<{ readonly chosen: number; readonly rejected: number }[]> {
  const rewards = await judge.rewards(lessonsOf(pairs));
  return pairs.map((_, i) => ({ chosen: rewards[2 * i]!, rejected: rewards[2 * i + 1]! }));
}

/**
 * Questions for `teachByRewards` whose answers a reward model judges, all answers of a step together. An answer that was cut off is judged as if
 * it had ended there.
 *
 * @param end the token that ends answers
 */
export function judgedQuestions(
  judge: RewardJudge,
  prompts: readonly (readonly number[])[],
  end: number,
): Checked[] {
  let waiting: { readonly lesson: Lesson; readonly tell: (reward: Promise<number>) => void }[] = [];
  const judgeAll = () => {
    const asked = waiting;
    waiting = [];
    const rewards = judge.rewards(asked.map(({ lesson }) => lesson));
    asked.forEach(({ tell }, i) => {
      tell(rewards.then((all) => all[i]!));
    });
  };
  return prompts.map((prompt) => ({
    prompt,
    reward: (answer) =>
      new Promise<number>((tell) => {
        waiting.push({ lesson: { prompt, answer: [...answer, end] }, tell });
        if (waiting.length === 1) queueMicrotask(judgeAll);
      }),
  }));
}
