import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Concrete,
  type ExportInput,
  exportOnnx,
  type OnnxModel,
  quantizeDynamic,
  saveModel,
  softmax,
  type Tree,
  type Value,
} from '@tutelage/engine';
import { argMax } from '../assessment/probabilities.js';
import { temporaryName, writeFileDurably } from '../runs/atomic.js';
import { explained } from '../runs/file-errors.js';
import { nodeFileSystem as fs } from '../runs/file-system.js';
import type { ClassifierStudent } from './classifier.js';
import { browserExample, nodeExample } from './examples.js';
import type { InputKind, InputTypes } from './featurizers.js';
import { loadStudent, type Prediction } from './load-student.js';
import { type CardFacts, modelCard } from './model-card.js';
import type { Trained } from './predictor.js';
import { formatVersion, type Precision, type StudentDescription } from './student-folder.js';
import { version } from './version.js';

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

/** What a form of the student weighs and how well it does on the validation data. */
export interface Form {
  readonly bytes: number;
  /** Undefined without validation data. */
  readonly accuracy: number | undefined;
}

export type Shipped = Readonly<Record<Precision, Form>>;

/**
 * Writes a student as a folder that can be shipped: the model in float32 and int8, `student.json`, what its featurizer needs, the
 * labels, a model card and two examples. The folder is there as a whole or not at all, and equal students give equal bytes.
 *
 * @throws {UserError} when the disk is full, read-only, ...
 * @throws {ExportError} when the net has no form for every batch size
 */
export async function shipStudent<K extends InputKind>(options: ShipOptions<K>): Promise<Shipped> {
  const { folder, input, student, facts } = options;
  const { featurizer, preset, labels } = student;
  const temporary = temporaryName(folder);
  const float32 = exportClassifier(student, options.trained, facts);
  const description: StudentDescription = {
    format: 'tutelage-student',
    version: formatVersion,
    tutelage: version,
    kind: 'classifier',
    input,
    preset,
    labels: [...labels],
    featurizer: { kind: featurizer.kind, config: featurizer.config },
    files: {
      model: 'model.onnx',
      int8: 'model.int8.onnx',
      featurizer: Object.keys(featurizer.files ?? {}),
    },
  };
  const write = (name: string, text: string): void =>
    writeFileDurably(fs, join(temporary, name), new TextEncoder().encode(text));
  explained('write the student', folder, () => {
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    saveModel(join(temporary, 'model.onnx'), float32);
    saveModel(join(temporary, 'model.int8.onnx'), quantizeDynamic(float32));
    for (const [name, text] of Object.entries(featurizer.files ?? {})) write(name, text);
    write('student.json', `${JSON.stringify(description, undefined, 2)}\n`);
    write('labels.txt', labels.map((label) => `${label.replaceAll(/\s+/g, ' ')}\n`).join(''));
    write('example.mjs', nodeExample(input));
    write('example.html', browserExample(input));
  });
  const shipped = {
    float32: await measured(options, temporary, 'float32'),
    int8: await measured(options, temporary, 'int8'),
  };
  explained('write the student', folder, () => {
    write('README.md', modelCard({ ...facts, description, shipped }));
    fs.syncFolder(temporary);
    fs.remove(folder);
    fs.rename(temporary, folder);
  });
  return shipped;
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
  const metrics = Object.fromEntries(facts.metrics.map(({ name, value }) => [name, value]));
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
        name: facts.name,
        description: `classifier, preset ${preset}`,
        labels,
        trainingData: facts.data.hash,
        ...(facts.licence !== undefined && { licence: facts.licence }),
        properties: { preset, metrics: JSON.stringify(metrics) },
      },
    },
  );
}

async function measured<K extends InputKind>(
  { validation, threads }: ShipOptions<K>,
  folder: string,
  precision: Precision,
): Promise<Form> {
  const file = precision === 'float32' ? 'model.onnx' : 'model.int8.onnx';
  const { size: bytes } = statSync(join(folder, file));
  if (validation.inputs.length === 0) return { bytes, accuracy: undefined };
  const loaded = await loadStudent(folder, { precision, ...(threads !== undefined && { threads }) });
  try {
    const predict = loaded.predict as (inputs: readonly InputTypes[K][]) => Promise<Prediction[]>;
    const answers = await predict(validation.inputs);
    const right = answers.filter(({ logits }, i) => argMax(logits) === validation.classes[i]).length;
    return { bytes, accuracy: right / answers.length };
  } finally {
    await loaded.dispose();
  }
}
