import { type Concrete, optim, random, type Tensor, tensor, type Value } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import type { CausalModel } from '../language/causal-model.js';
import { llamaDecoder } from '../language/generate/decoder.js';
import { type Generated, generate } from '../language/generate/generate.js';
import { type LessonBatch, lessonBatch } from '../language/lessons.js';
import { type Aggregation, groupAdvantages, policyGradient } from '../objectives/policy.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { causalTrainer } from './causal-trainer.js';
import { lessonBatches } from './lesson-batches.js';
import { type TrainingRun, trainResumably } from './resumable-training.js';

/** A question whose answers can be checked. */
export interface Checked {
  readonly prompt: readonly number[];
  /** What an answer is worth, from its tokens without the end token: in [0, 1] if it is checked, any number if it is judged. */
  reward(answer: readonly number[]): number | Promise<number>;
}

export interface GrpoOptions extends TrainingRun {
  readonly model: CausalModel;
  readonly questions: readonly Checked[];
  readonly steps: number;
  /** Questions of a step, and answers drawn to each. */
  readonly questionsAStep: number;
  readonly groupSize: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly clip: { readonly low: number; readonly high: number };
  readonly aggregation: Aggregation;
  /** Divide advantages by the group's standard deviation. */
  readonly scaled: boolean;
  readonly learningRate: number;
  readonly seed: number;
  readonly threads?: number;
}

export interface Reinforced {
  readonly model: CausalModel;
  readonly outcome: 'finished' | 'paused';
}

type Rollout<T> = LessonBatch<T> & {
  /** Log-probability of each token when it was drawn, at its place in the row, [answers, length]. */
  readonly drawn: T;
  readonly advantages: T;
};

/** Rows have a multiple of so many tokens, so that few programs are compiled. */
const unit = 32;

/**
 * Group-relative policy optimisation (Shao et al. 2024) of a causal language model on questions whose answers can be checked. Each step
 * draws a group of answers to some questions from the model as it is, and follows the clipped policy gradient of their advantages over
 * their group. With `token` aggregation, a higher clip above and no scaling it is DAPO's loss (Yu et al. 2025). Groups whose answers are all
 * worth the same teach nothing, and are left out of the update. All that is drawn depends on the seed and the step alone, so that a run
 * that was killed goes on to the same bits.
 */
export async function teachByRewards(options: GrpoOptions): Promise<Reinforced> {
  const { model, questions, questionsAStep, groupSize, seed, threads } = options;
  const session = threads === undefined ? {} : { threads };
  const end = model.tokenizer.special.end ?? 0;
  const longest = Math.max(...questions.map(({ prompt }) => prompt.length)) + options.maxTokens;
  const trainer = causalTrainer<Rollout<Value>>({
    model,
    objective: (logits, batch) => policyGradient(tokenLogProbabilities(logits, batch.next), batch, options),
    learningRate: options.learningRate,
    schedule: optim.constant(),
    clipNorm: 1,
    seed,
    ...session,
  });
  const batches = lessonBatches({ count: questions.length, batchSize: questionsAStep, seed });
  const key = random.foldIn(random.key(seed), 'rollouts');

  const answered = async (prompts: readonly (readonly number[])[], step: number): Promise<Generated[]> => {
    const decoder = await llamaDecoder(await trainer.params(), model.config, longest, session);
    try {
      const sampling = { key: random.foldIn(key, step), temperature: options.temperature };
      return await generate(decoder, prompts, { maxTokens: options.maxTokens, sampling, endTokens: [end] });
    } finally {
      await decoder.release();
    }
  };

  const { outcome } = await trainResumably({
    ...options,
    graph: `grpo ${JSON.stringify([options.clip, options.aggregation, options.scaled, options.temperature, groupSize])}`,
    totalSteps: options.steps,
    trainer,
    batches,
    async step(index) {
      const asked = batches
        .next(index)
        .flatMap((i) => Array.from({ length: groupSize }, () => questions[i]!));
      const answers = await answered(
        asked.map(({ prompt }) => prompt),
        index,
      );
      const rewards = await Promise.all(
        answers.map(({ tokens, reason }, i) =>
          asked[i]!.reward(reason === 'end' ? tokens.slice(0, -1) : tokens),
        ),
      );
      const advantages = groupAdvantages(rewards, groupSize, options);
      const teaches = (group: number) =>
        advantages.subarray(group * groupSize, (group + 1) * groupSize).some((a) => a !== 0);
      const kept = [...answers.keys()].filter((i) => teaches(Math.floor(i / groupSize)));
      const found = {
        reward: mean(rewards),
        'answer length': mean(answers.map(({ tokens }) => tokens.length)),
        'groups that teach': kept.length / answers.length,
      };
      if (kept.length === 0) return found;
      const batch = rolloutBatch(
        kept.map((i) => ({ prompt: asked[i]!.prompt, answer: answers[i]!, advantage: advantages[i]! })),
        end,
      );
      const { loss, gradientNorm } = await trainer.learn(batch as Concrete<Rollout<Value>>);
      return { ...found, loss, 'gradient norm': gradientNorm };
    },
  });
  const params = await trainer.params();
  await trainer.dispose();
  return { model: { ...model, params }, outcome };
}

interface Answered {
  readonly prompt: readonly number[];
  readonly answer: Generated;
  readonly advantage: number;
}

function rolloutBatch(rollouts: readonly Answered[], padding: number): Rollout<Tensor> {
  const lessons = rollouts.map(({ prompt, answer }) => ({ prompt, answer: answer.tokens }));
  const length =
    unit *
    Math.ceil(Math.max(...lessons.map(({ prompt, answer }) => prompt.length + answer.length - 1)) / unit);
  const batch = lessonBatch(
    lessons.map((lesson) => [lesson]),
    { length, padding },
  );
  const drawn = new Float32Array(rollouts.length * length);
  rollouts.forEach(({ prompt, answer }, row) => {
    drawn.set(answer.logProbabilities, row * length + prompt.length - 1);
  });
  return {
    ...batch,
    drawn: tensor(drawn, [rollouts.length, length]),
    advantages: tensor(Float32Array.from(rollouts, ({ advantage }) => advantage)),
  };
}
