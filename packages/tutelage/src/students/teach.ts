import {
  add,
  createTrainer,
  crossEntropy,
  leavesOf,
  mapTree,
  mul,
  nn,
  optim,
  random,
  type Tensor,
  type Tree,
  tensor,
  type Value,
} from '@tutelage/engine';
import { argMax } from '../assessment/probabilities.js';
import type { Student } from '../core/student.js';
import { distillation } from '../objectives/distillation.js';
import type { ClassifierStudent } from './classifier.js';
import { lessonBatches } from './lesson-batches.js';
import { parameterGroups } from './parameter-groups.js';
import { type ClassLogits, copyOf, predictor, type Trained } from './predictor.js';
import { type TrainingRun, trainResumably } from './resumable-training.js';

/** What a classifier learns from. */
export interface Lessons<I> {
  readonly inputs: readonly I[];
  /** The class of each input, -1 where it is not known. */
  readonly classes: Int32Array;
  /** The teacher's logits for each input; undefined where the teacher has nothing to say. */
  readonly teacher?: readonly (Float32Array | undefined)[];
}

/** How much the teacher counts. */
export interface DistillationPlan {
  readonly temperature: number;
  /** Share of the teacher in the loss of an example that also has a label, in [0, 1]. */
  readonly weight: number;
}

export interface TeachOptions<I> extends TrainingRun {
  readonly student: ClassifierStudent<I>;
  readonly lessons: Lessons<I>;
  /** Watched, not learned from. */
  readonly validation: Pick<Lessons<I>, 'inputs' | 'classes'>;
  readonly distillation: DistillationPlan;
  readonly seed: number;
  readonly threads?: number;
}

export interface TeachResult extends Trained {
  readonly outcome: 'finished' | 'paused';
}

type Batch = Readonly<Record<string, Value>>;

/**
 * Teaches a classifier from labels, from a teacher's logits, or from both: AdamW, learning rate with warm-up and cosine decay, the
 * last parameters kept (none are chosen by validation). The run can be killed and resumed.
 */
export async function teachClassifier<I>(options: TeachOptions<I>): Promise<TeachResult> {
  const { student, lessons, seed } = options;
  const { plan, net } = student;
  const batchSize = Math.min(plan.batchSize, lessons.inputs.length);
  const { size } = student.featurizer;
  const batches = lessonBatches({
    count: lessons.inputs.length,
    batchSize,
    seed,
    ...(size && { sizes: lessons.inputs.map(size) }),
  });
  const { stepsAnEpoch } = batches;
  const totalSteps = stepsAnEpoch * plan.epochs;
  const threads = options.threads ?? plan.threads;
  const session = threads === undefined ? {} : { threads };

  const trainer = createTrainer<Tree<Value>, Batch, readonly [Value, Tree<Value>]>({
    params: net.params,
    loss: (params, batch, key) => lossOf(student, options.distillation, params, batch, key),
    optimizer: optim.adamw({ learningRate: plan.learningRate, weightDecay: plan.weightDecay }),
    groups: parameterGroups(plan),
    schedule: optim.cosine({ total: totalSteps, warmup: Math.round(plan.warmup * totalSteps) }),
    clipNorm: plan.clipNorm,
    seed,
    ...session,
  });
  const { params } = trainer;
  let statistics = copyOf(net.statistics);
  const model = predictor(
    student,
    {
      params,
      // Read anew for each prediction.
      get statistics() {
        return statistics;
      },
    },
    session,
  );
  const augmentation = random.foldIn(random.key(seed), 'augmentation');

  const step = async (index: number): Promise<Record<string, number>> => {
    const batch = batchOf(options, batches.next(index), random.foldIn(augmentation, index));
    const result = await trainer.step(batch);
    statistics = nn.updateStatistics(statistics, result.aux);
    const row = { loss: result.loss, 'gradient norm': result.gradientNorm };
    const epochEnds = (index + 1) % stepsAnEpoch === 0;
    return epochEnds ? { ...row, 'validation accuracy': await accuracyOf(model, options.validation) } : row;
  };

  const { outcome } = await trainResumably({
    ...options,
    graph: `${student.preset} ${JSON.stringify(plan)}`,
    totalSteps,
    trainer,
    batches,
    step,
    more: {
      save: () => leavesOf<Tensor>(statistics).map(({ path, leaf }) => [path, leaf] as const),
      restore: (saved) => {
        statistics = mapTree<Tensor, Tensor>(net.statistics, (t, path) => saved.get(path) ?? t);
      },
    },
  });
  const trained = { params: copyOf(params), statistics };
  await trainer.dispose();
  await model.dispose();
  return { ...trained, outcome };
}

/** The loss of a batch: cross-entropy with the labels, distillation from the teacher, weighted for each example by what it has. */
function lossOf<I>(
  student: ClassifierStudent<I>,
  { temperature }: DistillationPlan,
  params: Tree<Value>,
  batch: Batch,
  key: Value,
): readonly [Value, Tree<Value>] {
  const { logits, statistics } = student.net.forward(params, batch, { training: true, key });
  const { labelSmoothing } = student.plan;
  const { labels, labelWeights, teacher, teacherWeights } = batch as Record<string, Value>;
  const hard = crossEntropy(logits, labels!, { labelSmoothing, weights: labelWeights!, reduction: 'sum' });
  const count = logits.dim(0);
  if (!teacher) return [mul(hard, 1 / count), statistics];
  const soft = distillation(logits, teacher, { temperature, weights: teacherWeights! });
  return [mul(add(hard, soft), 1 / count), statistics];
}

function batchOf<I>(
  options: TeachOptions<I>,
  rows: readonly number[],
  augment: random.Key,
): Readonly<Record<string, Tensor>> {
  const { lessons, student, distillation: plan } = options;
  const features = student.featurizer.batch(
    rows.map((i) => lessons.inputs[i]!),
    augment,
  );
  const classes = rows.map((i) => lessons.classes[i]!);
  const taught = rows.map((i) => lessons.teacher?.[i]);
  const share = (i: number) => (taught[i] ? (classes[i]! >= 0 ? plan.weight : 1) : 0);
  const labels = {
    labels: tensor(Int32Array.from(classes, (c) => Math.max(c, 0))),
    labelWeights: tensor(Float32Array.from(classes, (c, i) => (c >= 0 ? 1 - share(i) : 0))),
  };
  if (!lessons.teacher) return { ...features, ...labels };
  const width = student.labels.length;
  const teacher = new Float32Array(rows.length * width);
  taught.forEach((logits, i) => {
    if (logits) teacher.set(logits, i * width);
  });
  return {
    ...features,
    ...labels,
    teacher: tensor(teacher, [rows.length, width]),
    teacherWeights: tensor(Float32Array.from(rows, (_, i) => share(i))),
  };
}

async function accuracyOf<I>(
  model: Student<I, ClassLogits>,
  { inputs, classes }: TeachOptions<I>['validation'],
): Promise<number> {
  const logits = await model.predict(inputs);
  return logits.filter((l, i) => argMax(l) === classes[i]).length / Math.max(1, inputs.length);
}
