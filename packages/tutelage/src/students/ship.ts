import {
  type Concrete,
  type ExportInput,
  exportOnnx,
  type OnnxModel,
  softmax,
  type Tree,
  type Value,
} from '@tutelage/engine';
import { argMax } from '../assessment/probabilities.js';
import type { ClassifierStudent } from './classifier.js';
import { browserExample, nodeExample } from './examples.js';
import type { InputKind, InputTypes } from './featurizers.js';
import { loadStudent, type Prediction } from './load-student.js';
import type { CardFacts } from './model-card.js';
import type { Trained } from './predictor.js';
import type { Precision } from './student-folder.js';
import { modelNames, originOf, type Shipped, stamp, writeStudent } from './write-student.js';

export interface ShipOptions<K extends InputKind> {
  /** To be written, or replaced. */
  readonly folder: string;
  readonly input: K;
  readonly student: ClassifierStudent<InputTypes[K]>;
  readonly trained: Trained;
  /** On which the int8 form is compared with float32. */
  readonly validation: { readonly inputs: readonly InputTypes[K][]; readonly classes: ArrayLike<number> };
  readonly facts: CardFacts;
  readonly threads?: number;
}

/**
 * Writes a classifier as a folder that can be shipped; see {@link writeStudent}.
 *
 * @throws {UserError} when the disk is full, read-only, ...
 * @throws {ExportError} when the net has no form for every batch size
 */
export function shipStudent<K extends InputKind>(options: ShipOptions<K>): Promise<Shipped> {
  const { folder, input, student, facts } = options;
  const { featurizer, preset, labels } = student;
  const files = featurizer.files ?? {};
  return writeStudent({
    folder,
    model: exportClassifier(student, options.trained, facts),
    description: {
      ...stamp,
      kind: 'classifier',
      input,
      preset,
      labels: [...labels],
      featurizer: { kind: featurizer.kind, config: featurizer.config },
      files: { ...modelNames, featurizer: Object.keys(files) },
    },
    files: {
      ...files,
      'labels.txt': labels.map((label) => `${label.replaceAll(/\s+/g, ' ')}\n`).join(''),
      'example.mjs': nodeExample(input),
      'example.html': browserExample(input),
    },
    measure: 'accuracy',
    score: (written, precision) => accuracy(options, written, precision),
    facts,
  });
}

interface Parameters {
  readonly params: Tree<Value>;
  readonly statistics: Tree<Value>;
}

/** The student's net as a model of open batch size, from its features to logits and probabilities. */
function exportClassifier<I>(
  { net, featurizer, preset, labels }: ClassifierStudent<I>,
  trained: Trained,
  facts: CardFacts,
): OnnxModel {
  return exportOnnx<Parameters, Readonly<Record<string, ExportInput>>>(
    ({ params, statistics }, batch) => {
      const { logits } = net.forward(params, batch, { training: false, statistics });
      return { probabilities: softmax(logits), logits };
    },
    trained as Concrete<Parameters>,
    featurizer.inputs,
    {
      ...(featurizer.longest !== undefined && { axes: { length: { max: featurizer.longest } } }),
      parameterName: (path) => path.replace(/^(params|statistics)\./, ''),
      metadata: {
        ...originOf(facts, preset),
        description: `classifier, preset ${preset}`,
        labels,
      },
    },
  );
}

async function accuracy<K extends InputKind>(
  { validation, threads }: ShipOptions<K>,
  folder: string,
  precision: Precision,
): Promise<number | undefined> {
  if (validation.inputs.length === 0) return undefined;
  const loaded = await loadStudent(folder, { precision, ...(threads !== undefined && { threads }) });
  try {
    const predict = loaded.predict as (inputs: readonly InputTypes[K][]) => Promise<Prediction[]>;
    const answers = await predict(validation.inputs);
    const right = answers.filter(({ logits }, i) => argMax(logits) === validation.classes[i]).length;
    return right / answers.length;
  } finally {
    await loaded.dispose();
  }
}
