import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { InferenceSession } from '@tutelage/engine';
import { argMax } from '../assessment/probabilities.js';
import { UserError } from '../core/errors.js';
import type { ImageShape } from '../tasks/image-folder.js';
import type { Featurizer } from './classifier.js';
import { type AnyFeaturizer, type InputKind, type InputTypes, restoreFeaturizer } from './featurizers.js';
import {
  checkPorts,
  describedAs,
  type LoadOptions,
  missing,
  openModel,
  readDescription,
  readText,
  runModel,
} from './read-student.js';
import type { DescriptionOf } from './student-folder.js';

/**
 * The classifier that an ONNX file is the model of, with the folder that both are in; undefined for other files.
 *
 * @throws {UserError} when the description beside it is damaged
 */
export async function studentOfModel(
  path: string,
): Promise<{ readonly folder: string; readonly description: DescriptionOf<'classifier'> } | undefined> {
  const folder = dirname(path);
  if (!(await stat(join(folder, 'student.json')).catch(() => undefined))?.isFile()) return undefined;
  const description = await readDescription(folder);
  if (description.kind !== 'classifier' || description.files.model !== basename(path)) return undefined;
  return { folder, description };
}

/** What a student answers to one input. */
export interface Prediction {
  readonly label: string;
  /** In the order of the labels. */
  readonly probabilities: Float32Array;
  readonly logits: Float32Array;
}

interface LoadedStudentOf<K extends InputKind> {
  readonly kind: 'classifier';
  readonly input: K;
  /** Of images: what they are brought to. */
  readonly format: K extends 'image' ? ImageShape : undefined;
  readonly description: DescriptionOf<'classifier'>;
  readonly labels: readonly string[];
  readonly featurizer: Featurizer<InputTypes[K]>;
  /**
   * One answer for each input, in order.
   *
   * @throws {UserError} for an image of another size
   */
  predict(inputs: readonly InputTypes[K][]): Promise<Prediction[]>;
  /** Frees the runtime's memory. */
  dispose(): Promise<void>;
}

/** A shipped classifier, ready to answer; `input` tells what it takes. */
export type LoadedStudent = { readonly [K in InputKind]: LoadedStudentOf<K> }[InputKind];

/** Inputs that are run together. */
const chunk = 128;

/**
 * Loads a shipped classifier. The folder may come from anywhere: all of it is checked.
 *
 * @throws {UserError} when it is no classifier, is damaged or incomplete, or was written by another version
 */
export async function loadStudent(folder: string, options: LoadOptions = {}): Promise<LoadedStudent> {
  const description = await describedAs(folder, 'classifier');
  const restored = await featurizerOf(folder, description);
  const session = await openModel(folder, description, options);
  try {
    checkPorts(session, restored.featurizer.inputs, ['probabilities', 'logits'], folder);
    return loaded(description, restored, session);
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

/** The featurizer of a student's folder, of the kind of input that the student takes. */
export async function featurizerOf(
  folder: string,
  description: DescriptionOf<'classifier'>,
): Promise<AnyFeaturizer> {
  const restored = await restoreFeaturizer(description.featurizer, (name) =>
    description.files.featurizer.includes(name)
      ? readText(folder, name)
      : Promise.reject(missing(folder, name)),
  );
  if (restored.input === description.input) return restored;
  throw new UserError(`damaged student: ${folder}: it takes ${description.input}, its featurizer does not`);
}

function loaded(
  description: DescriptionOf<'classifier'>,
  restored: AnyFeaturizer,
  session: InferenceSession,
): LoadedStudent {
  const { labels } = description;
  const common = { kind: 'classifier', description, labels, dispose: () => session.dispose() } as const;
  if (restored.input === 'text') {
    const { featurizer } = restored;
    return {
      ...common,
      ...restored,
      format: undefined,
      predict: (texts: readonly string[]) => predictAll(texts, featurizer, session, labels),
    };
  }
  const { featurizer } = restored;
  const format = imageShapeOf(featurizer);
  const bytes = format.height * format.width * format.channels;
  return {
    ...common,
    ...restored,
    format,
    predict: async (images: readonly Uint8Array[]) => {
      const odd = images.find((image) => image.length !== bytes);
      if (odd) throw new UserError(`image of another size: ${odd.length} bytes; the student takes ${bytes}`);
      return predictAll(images, featurizer, session, labels);
    },
  };
}

/** What images are brought to, from the shape [batch, channels, height, width] of their tensor. */
function imageShapeOf({ inputs }: Featurizer<Uint8Array>): ImageShape {
  const [, channels, height, width] = Object.values(inputs)[0]!.shape as readonly number[];
  if (channels === 1 || channels === 3) return { channels, height: height!, width: width! };
  throw new UserError(`damaged student: it takes images of ${channels} channels`);
}

async function predictAll<I>(
  inputs: readonly I[],
  featurizer: Featurizer<I>,
  session: InferenceSession,
  labels: readonly string[],
): Promise<Prediction[]> {
  const predictions: Prediction[] = [];
  for (let start = 0; start < inputs.length; start += chunk) {
    const part = inputs.slice(start, start + chunk);
    const outputs = await runModel(session, featurizer.batch(part));
    const [probabilities, logits] = [outputs.probabilities!, outputs.logits!].map(
      ({ data }) => data as Float32Array,
    ) as [Float32Array, Float32Array];
    if (logits.length !== part.length * labels.length || probabilities.length !== logits.length) {
      throw new UserError(
        `the student's model gives ${logits.length / part.length} logits: there are ${labels.length} labels`,
      );
    }
    for (let i = 0; i < part.length; i++) {
      const row = (values: Float32Array) => values.slice(i * labels.length, (i + 1) * labels.length);
      const answer = row(probabilities);
      predictions.push({ label: labels[argMax(answer)]!, probabilities: answer, logits: row(logits) });
    }
  }
  return predictions;
}
