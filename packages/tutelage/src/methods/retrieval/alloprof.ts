import { matmul, mul, random, type Tree, type Value } from '@tutelage/engine';
import { z } from 'zod';
import { uniformDraws } from '../../curricula/draws.js';
import { misspelt } from '../../curricula/spelling-noise.js';
import { maskedContrast } from '../../objectives/contrast.js';
import { type DualEncoder, type EncoderLearner, encoderLearner } from '../../students/encoder-learner.js';
import { encoderNames } from '../../students/encoder-presets.js';
import { takeSteps } from '../../students/take-steps.js';
import { contrastTargets } from '../../teachers/candidate-targets.js';
import { type PairLessons, pairBatches } from '../../teachers/pair-batches.js';

const params = z.object({
  temperature: z.number().positive().default(0.07).describe('of the contrast between cosines'),
  hard: z.boolean().default(true).describe('beside each answer a wrong page that BM25 finds among the possible ones'),
  noise: z.number().min(0).max(1).default(0).describe('probability that a letter of a question is misspelt in training'),
  batchSize: z.int().min(2).default(128).describe('links of a batch'),
  steps: z.int().min(1).default(2000).describe('batches to teach'),
  encoder: z.enum(encoderNames).default('character-bag').describe('mini and static are warm-started'),
});

export type Settings = Omit<z.output<typeof params>, 'encoder'>;

/** Each question against the pages of its batch; pages that also answer it are left out. */
function loss(temperature: number) {
  return (questions: Value, pages: Value, targets: Tree<Value>): Value => {
    const { own, masked } = targets as Readonly<Record<'own' | 'masked', Value>>;
    return maskedContrast(mul(matmul(questions, pages, { transB: true }), 1 / temperature), own, masked);
  };
}

interface Context {
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly after?: (learner: EncoderLearner, step: number) => Promise<void>;
}

/** Teaches an encoder from links: one batch of questions, their pages and hard wrong ones after the other. */
export async function teach(
  encoders: DualEncoder,
  { near, ...lessons }: PairLessons,
  settings: Settings,
  { seed, signal, after }: Context,
): Promise<EncoderLearner> {
  const { temperature, hard, noise, batchSize, steps } = settings;
  const learner = encoderLearner(encoders, { loss: loss(temperature), ...encoders.query.plan, seed });
  const batchOf = pairBatches({ ...lessons, ...(hard && near && { near }) }, { batchSize, pool: 0, seed });
  await takeSteps(steps, signal, async (step) => {
    const { queries, passages, forward } = batchOf(step);
    const draw = uniformDraws(random.foldIn(random.foldIn(random.key(seed), 'spelling'), step));
    const questions = queries.map((question) => misspelt(question, noise, draw));
    await learner.learn(questions, passages, contrastTargets(forward));
    await after?.(learner, step);
  });
  return learner;
}
