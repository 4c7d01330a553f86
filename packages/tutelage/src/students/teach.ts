import {
  add,
  crossEntropy,
  leavesOf,
  mapTree,
  mul,
  nn,
  type random,
  type Tensor,
  type Tree,
  tensor,
  type Value,
} from '@tutelage/engine';
import { argMax } from '../assessment/probabilities.js';
import type { Student } from '../core/student.js';
import { distillation } from '../objectives/distillation.js';
import type { ClassifierStudent } from './classifier.js';
import { type ClassLogits, copyOf, predictor, type Trained } from './predictor.js';
import type { TrainingRun } from './resumable-training.js';
import { teachByPlan } from './teach-by-plan.js';

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
 * Teaches a classifier from labels, from a teacher's logits, or from both, by its plan; see {@link teachByPlan}. The last parameters
 * are kept: none are chosen by validation.
 */
export async function teachClassifier<I>(options: TeachOptions<I>): Promise<TeachResult> {
  const { student, lessons, validation } = options;
  const { plan, net, featurizer } = student;
  const threads = options.threads ?? plan.threads;
  const session = threads === undefined ? {} : { threads };
  const { size } = featurizer;
  let statistics = copyOf(net.statistics);
  let model: ReturnType<typeof predictor<I>> | undefined;
  try {
    const { params, outcome } = await teachByPlan<Tree<Value>, Batch, readonly [Value, Tree<Value>]>({
      ...options,
      ...session,
      preset: student.preset,
      plan,
      params: net.params,
      count: lessons.inputs.length,
      ...(size && { sizes: lessons.inputs.map(size) }),
      loss: (params, batch, key) => lossOf(student, options.distillation, params, batch, key),
      batch: (places, key) => batchOf(options, places, key),
      afterStep(aux) {
        statistics = nn.updateStatistics(statistics, aux);
      },
      more: {
        save: () => leavesOf<Tensor>(statistics).map(({ path, leaf }) => [path, leaf] as const),
        restore: (saved) => {
          statistics = mapTree<Tensor, Tensor>(net.statistics, (t, path) => saved.get(path) ?? t);
        },
      },
      async watch(params) {
        const live = {
          params,
          // Read anew for each prediction.
          get statistics() {
            return statistics;
          },
        };
        model ??= predictor(student, live, session);
        return { 'validation accuracy': await accuracyOf(model, validation) };
      },
    });
    return { params, statistics, outcome };
  } finally {
    await model?.dispose();
  }
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
