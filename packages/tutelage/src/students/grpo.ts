import {
  type Concrete,
  less,
  mul,
  optim,
  random,
  reshape,
  sub,
  type Tensor,
  tensor,
  type Value,
  where,
} from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { given } from '../core/given.js';
import type { CausalModel } from '../language/causal-model.js';
import { llamaRollouts } from '../language/generate/rollouts.js';
import { type LessonBatch, lessonBatch, positionsOf } from '../language/lessons.js';
import type { Llama } from '../models/llama.js';
import {
  type Aggregation,
  aggregate,
  groupAdvantages,
  guidedLosses,
  policyLosses,
  type Shaping,
  tokenEntropy,
} from '../objectives/policy.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import type { Metrics } from '../runs/metrics.js';
import { type CausalTrainer, causalTrainer } from './causal-trainer.js';
import { lessonBatches } from './lesson-batches.js';
import { type ResumableTraining, type TrainingRun, trainResumably } from './resumable-training.js';

/** A question whose answers can be checked. */
export interface Checked {
  readonly prompt: readonly number[];
  /** What an answer is worth, from its tokens without the end token: in [0, 1] if it is checked, any number if it is judged. */
  reward(answer: readonly number[]): number | Promise<number>;
}

/** What was drawn in a step. */
export interface Drawn {
  readonly step: number;
  /** The policy that drew. */
  readonly params: Llama<Tensor>;
  /** The questions that were asked, and what each answer to them is worth. */
  readonly groups: readonly { readonly question: number; readonly rewards: readonly number[] }[];
}

/** An answer that someone else wrote, with its end token: it takes the place of a drawn one of the group, and is worth 1. */
export interface Guide {
  readonly group: number;
  readonly place: number;
  readonly answer: readonly number[];
}

/** Answers of others for a policy that does not find good ones itself. */
export interface Guidance {
  readonly shaping: Shaping;
  /** Depends on nothing but what is drawn and what `kept` saves. */
  choose(drawn: Drawn): Promise<{ readonly guides: readonly Guide[]; readonly metrics: Metrics }>;
  readonly kept?: NonNullable<ResumableTraining['more']>;
}

export interface PolicyOptions {
  readonly model: CausalModel;
  readonly questions: readonly Checked[];
  /** Questions of a step, and answers drawn to each. */
  readonly questionsAStep: number;
  readonly groupSize: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly clip: { readonly low: number; readonly high: number };
  readonly dualClip?: number;
  readonly aggregation: Aggregation;
  /** Divide advantages by the group's standard deviation. */
  readonly scaled: boolean;
  /** Weight of the entropy of tokens, which is made greater. */
  readonly entropy?: number;
  readonly guidance?: Guidance;
  readonly learningRate: number;
  readonly weightDecay?: number;
  /** Answers that are learned from at a time: an update averages several such parts, the last one filled up. All at once unless told. */
  readonly rowsAtOnce?: number;
  readonly seed: number;
  readonly threads?: number;
}

export interface GrpoOptions extends PolicyOptions, TrainingRun {
  readonly steps: number;
}

export interface Reinforced {
  readonly model: CausalModel;
  readonly outcome: 'finished' | 'paused';
}

type Rollout<T> = LessonBatch<T> & {
  /** Log-probability of each token when it was drawn, at its place in the row, [answers, length]. */
  readonly drawn: T;
  readonly advantages: T;
  /** 1 for answers that guides wrote, [answers]. */
  readonly guided: T;
};

/** A policy in training. */
export interface PolicyLearner {
  readonly trainer: CausalTrainer<Rollout<Value>>;
  readonly batches: ReturnType<typeof lessonBatches>;
  /** One update. Steps are taken in order. */
  step(index: number): Promise<Metrics>;
  release(): Promise<void>;
}

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
  const { model, guidance } = options;
  const learner = policyLearner(options);
  const { clip, dualClip, aggregation, scaled, temperature, groupSize, entropy } = options;
  try {
    const { outcome } = await trainResumably({
      ...options,
      graph: `grpo ${JSON.stringify({ clip, dualClip, aggregation, scaled, temperature, groupSize, entropy, shaping: guidance?.shaping })}`,
      totalSteps: options.steps,
      ...learner,
      ...(guidance?.kept && { more: guidance.kept }),
    });
    return { model: { ...model, params: await learner.trainer.params() }, outcome };
  } finally {
    await learner.release();
  }
}

/** The parts of {@link teachByRewards}, for trainings that are too short to be kept. */
export function policyLearner(options: PolicyOptions): PolicyLearner {
  const { model, questions, questionsAStep, groupSize, guidance, seed, threads } = options;
  const session = given({ threads });
  const end = model.tokenizer.special.end ?? 0;
  const longest = Math.max(...questions.map(({ prompt }) => prompt.length)) + options.maxTokens;
  const trainer = causalTrainer<Rollout<Value>>({
    model,
    objective: policyObjective(options),
    learningRate: options.learningRate,
    ...given({ weightDecay: options.weightDecay }),
    schedule: optim.constant(),
    clipNorm: 1,
    accumulates: options.rowsAtOnce !== undefined,
    seed,
    ...session,
  });
  const batches = lessonBatches({ count: questions.length, batchSize: questionsAStep, seed });
  const key = random.foldIn(random.key(seed), 'rollouts');

  const rollouts = llamaRollouts(model.config, longest, session);
  const release = async () => {
    await rollouts.release();
    await trainer.dispose();
  };

  const step = async (index: number): Promise<Metrics> => {
    const chosen = batches.next(index);
    const asked = chosen.flatMap((i) => Array.from({ length: groupSize }, () => questions[i]!));
    const prompts = asked.map(({ prompt }) => prompt);
    const sampling = { key: random.foldIn(key, index), temperature: options.temperature };
    const { maxTokens } = options;
    rollouts.load(await trainer.params());
    const answers = await rollouts.draw(prompts, {
      maxTokens,
      sampling,
      endTokens: [end],
    });
    const rewards = await Promise.all(
      answers.map(({ tokens, reason }, i) =>
        asked[i]!.reward(reason === 'end' ? tokens.slice(0, -1) : tokens),
      ),
    );
    const found = {
      reward: mean(rewards),
      'answer length': mean(answers.map(({ tokens }) => tokens.length)),
      // What the drawn tokens say of the entropy, without bias at temperature 1.
      entropy: -mean(answers.flatMap(({ logProbabilities }) => logProbabilities)),
    };
    const rows: Row[] = answers.map(({ tokens, logProbabilities }, i) => ({
      lesson: { prompt: asked[i]!.prompt, answer: tokens },
      drawn: logProbabilities,
      reward: rewards[i]!,
      guided: false,
    }));
    const help = await guidance?.choose({
      step: index,
      params: await trainer.params(),
      groups: chosen.map((question, g) => ({
        question,
        rewards: rewards.slice(g * groupSize, (g + 1) * groupSize),
      })),
    });
    for (const { group, place, answer } of help?.guides ?? []) {
      const row = group * groupSize + place;
      rows[row] = { lesson: { prompt: asked[row]!.prompt, answer }, drawn: [], reward: 1, guided: true };
    }
    const advantages = groupAdvantages(
      rows.map(({ reward }) => reward),
      groupSize,
      options,
    );
    const teaches = (group: number) =>
      advantages.subarray(group * groupSize, (group + 1) * groupSize).some((a) => a !== 0);
    const kept = [...rows.keys()].filter((i) => teaches(Math.floor(i / groupSize)));
    const metrics = { ...found, ...help?.metrics, 'groups that teach': kept.length / rows.length };
    if (kept.length === 0) return metrics;
    const size = options.rowsAtOnce ?? kept.length;
    const parts = Array.from({ length: Math.ceil(kept.length / size) }, (_, part) => {
      const own = kept.slice(part * size, (part + 1) * size);
      return rolloutBatch(
        own.map((i) => ({ ...rows[i]!, advantage: advantages[i]! })),
        { size, padding: end },
      ) as Concrete<Rollout<Value>>;
    });
    const [first, ...more] = parts as [Concrete<Rollout<Value>>, ...Concrete<Rollout<Value>>[]];
    const { loss, gradientNorm } = await trainer.learn(first, ...more);
    return { ...metrics, loss, 'gradient norm': gradientNorm };
  };
  return { trainer, batches, step, release };
}

function policyObjective({ guidance, entropy = 0, aggregation, ...options }: PolicyOptions) {
  return (logits: Value, batch: Rollout<Value>): Value => {
    const current = tokenLogProbabilities(logits, batch.next);
    const own = policyLosses(current, batch, options);
    const losses = guidance
      ? where(
          less(0.5, reshape(batch.guided, [batch.guided.dim(0), 1])),
          guidedLosses(current, batch.advantages, guidance.shaping),
          own,
        )
      : own;
    const loss = aggregate(losses, batch.counted, aggregation);
    if (entropy === 0) return loss;
    return sub(loss, mul(aggregate(tokenEntropy(logits), batch.counted, aggregation), entropy));
  };
}

interface Row {
  readonly lesson: { readonly prompt: readonly number[]; readonly answer: readonly number[] };
  /** Log-probabilities of the answer's tokens when they were drawn. */
  readonly drawn: readonly number[];
  readonly reward: number;
  readonly guided: boolean;
}

function rolloutBatch(
  rows: readonly (Row & { readonly advantage: number })[],
  { size, padding }: { readonly size: number; readonly padding: number },
): Rollout<Tensor> {
  const length = unit * Math.ceil(Math.max(...rows.map(({ lesson }) => positionsOf(lesson))) / unit);
  const batch = lessonBatch(
    Array.from({ length: size }, (_, i) => (i < rows.length ? [rows[i]!.lesson] : [])),
    { length, padding },
  );
  const drawn = new Float32Array(size * length);
  const advantages = new Float32Array(size);
  const guided = new Float32Array(size);
  rows.forEach((row, i) => {
    drawn.set(row.drawn, i * length + row.lesson.prompt.length - 1);
    advantages[i] = row.advantage;
    guided[i] = Number(row.guided);
  });
  return {
    ...batch,
    drawn: tensor(drawn, [size, length]),
    advantages: tensor(advantages),
    guided: tensor(guided),
  };
}
