import {
  type Concrete,
  createTrainer,
  type Objective,
  optim,
  random,
  type StepResult,
  type Tensor,
  type Tree,
  type Value,
} from '@tutelage/engine';
import type { Metrics } from '../runs/metrics.js';
import type { TeachingPlan } from './classifier.js';
import { lessonBatches } from './lesson-batches.js';
import { parameterGroups } from './parameter-groups.js';
import { copyOf } from './predictor.js';
import { type ResumableTraining, type TrainingRun, trainResumably } from './resumable-training.js';

/** How long and how fast a student is taught, whatever its kind. */
export type Plan = Omit<TeachingPlan, 'labelSmoothing' | 'threads'> & {
  /** Of AdamW; 0.999 if not given. */
  readonly beta2?: number;
};

/** A student to be, what it learns from, and what is watched on the way. */
export interface Teaching<Student, Lesson> extends TrainingRun {
  readonly student: Student;
  readonly lessons: readonly Lesson[];
  /** Watched, not learned from. */
  readonly validation: readonly Lesson[];
  readonly seed: number;
  readonly threads?: number;
}

/** What was learned: all of it, or up to where it was interrupted. */
export interface Taught<P> {
  readonly params: Concrete<P>;
  readonly outcome: 'finished' | 'paused';
}

/** `R` is what the loss gives: a value, or the value and whatever else one wants out of each step. */
export interface PlannedTeaching<P, B, R extends Objective> extends TrainingRun {
  readonly preset: string;
  readonly plan: Plan;
  readonly params: Concrete<P>;
  /** Traced. */
  readonly loss: (params: P, batch: B, key: Value) => R;
  /** Number of lessons, and the size of each where they vary: batches are made of lessons alike in size. */
  readonly count: number;
  readonly sizes?: readonly number[];
  /** @param key for what is random in a batch */
  readonly batch: (lessons: readonly number[], key: random.Key) => Concrete<B>;
  /** What is measured at the end of each epoch, on the parameters as they are then. */
  readonly watch: (params: Concrete<P>) => Promise<Metrics>;
  /** Told of what else came out of each step. */
  readonly afterStep?: (aux: StepResult<R>['aux']) => void;
  /** Tensors that change beside the parameters. */
  readonly more?: ResumableTraining['more'];
  readonly seed: number;
  readonly threads?: number;
}

/**
 * Teaches by a plan: AdamW, learning rate with warm-up and cosine decay, the last parameters kept. The run can be killed and resumed.
 */
export async function teachByPlan<P, B, R extends Objective = Value>(
  teaching: PlannedTeaching<P, B, R>,
): Promise<Taught<P>> {
  const { preset, plan, count, sizes, seed, threads, more, ...training } = teaching;
  const { learningRate, weightDecay, beta2, warmup, clipNorm, epochs } = plan;
  const batches = lessonBatches({
    count,
    batchSize: Math.min(plan.batchSize, count),
    seed,
    ...(sizes && { sizes }),
  });
  const { stepsAnEpoch } = batches;
  const totalSteps = stepsAnEpoch * epochs;
  const trainer = createTrainer<P, B, R>({
    params: teaching.params,
    loss: teaching.loss,
    optimizer: optim.adamw({ learningRate, weightDecay, ...(beta2 !== undefined && { beta2 }) }),
    groups: parameterGroups(plan),
    schedule: optim.cosine({ total: totalSteps, warmup: Math.round(warmup * totalSteps) }),
    clipNorm,
    seed,
    ...(threads !== undefined && { threads }),
  });
  const randomness = random.foldIn(random.key(seed), 'augmentation');
  try {
    const { outcome } = await trainResumably({
      ...training,
      ...(more && { more }),
      graph: `${preset} ${JSON.stringify(plan)}`,
      totalSteps,
      trainer,
      batches,
      async step(index) {
        const batch = teaching.batch(batches.next(index), random.foldIn(randomness, index));
        const { loss, gradientNorm, aux } = await trainer.step(batch);
        teaching.afterStep?.(aux);
        const row = { loss, 'gradient norm': gradientNorm };
        const isLast = (index + 1) % stepsAnEpoch === 0;
        return isLast ? { ...row, ...(await teaching.watch(trainer.params)) } : row;
      },
    });
    return { params: copyOf(trainer.params as Tree<Tensor>) as Concrete<P>, outcome };
  } finally {
    await trainer.dispose();
  }
}
