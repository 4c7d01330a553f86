import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type InferenceSession, openSession, type SessionOptions } from '@tutelage/engine';
import { argMax } from '../assessment/probabilities.js';
import { UserError } from '../core/errors.js';
import type { ImageShape } from '../tasks/image-folder.js';
import type { Featurizer } from './classifier.js';
import { type AnyFeaturizer, type InputKind, type InputTypes, restoreFeaturizer } from './featurizers.js';
import { formatVersion, type Precision, type StudentDescription, studentSchema } from './student-folder.js';

/** What a student answers to one input. */
export interface Prediction {
  readonly label: string;
  /** In the order of the labels. */
  readonly probabilities: Float32Array;
  readonly logits: Float32Array;
}

interface LoadedStudentOf<K extends InputKind> {
  readonly input: K;
  /** Of images: what they are brought to. */
  readonly format: K extends 'image' ? ImageShape : undefined;
  readonly description: StudentDescription;
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

/** A shipped student, ready to answer; `input` tells what it takes. */
export type LoadedStudent = { readonly [K in InputKind]: LoadedStudentOf<K> }[InputKind];

export interface LoadOptions {
  /** `float32` unless told. */
  readonly precision?: Precision;
  readonly threads?: number;
}

/** Inputs that are run together. */
const chunk = 128;

/**
 * Loads a shipped student. The folder may come from anywhere: all of it is checked.
 *
 * @throws {UserError} when it is no student, is damaged or incomplete, or was written by another version
 */
export async function loadStudent(folder: string, options: LoadOptions = {}): Promise<LoadedStudent> {
  const description = await readDescription(folder);
  const restored = await restoreFeaturizer(description.featurizer, (name) =>
    description.files.featurizer.includes(name)
      ? readText(folder, name)
      : Promise.reject(missing(folder, name)),
  );
  if (restored.input !== description.input) {
    throw new UserError(`damaged student: ${folder}: it takes ${description.input}, its featurizer does not`);
  }
  const file = modelFile(description, options.precision ?? 'float32', folder);
  const session = await openModel(join(folder, file), options);
  try {
    checkPorts(session, restored.featurizer, folder);
    return loaded(description, restored, session);
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

function loaded(
  description: StudentDescription,
  restored: AnyFeaturizer,
  session: InferenceSession,
): LoadedStudent {
  const { labels } = description;
  const common = { description, labels, dispose: () => session.dispose() };
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
    const outputs = await session.run(featurizer.batch(part)).catch((error: unknown) => {
      throw new UserError(
        `the student's model does not run: ${error instanceof Error ? error.message : error}`,
      );
    });
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

async function readDescription(folder: string): Promise<StudentDescription> {
  const path = join(folder, 'student.json');
  const isStudent = await stat(path).catch(() => undefined);
  if (!isStudent?.isFile()) {
    throw new UserError(`not a student: ${folder}`, {
      hint: 'give the folder with student.json: in a run, the one named student',
    });
  }
  let content: unknown;
  try {
    content = JSON.parse(await readText(folder, 'student.json'));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`damaged student: ${path}: it is not valid JSON`);
  }
  const version: unknown =
    typeof content === 'object' && content !== null && 'version' in content ? content.version : undefined;
  if (typeof version === 'number' && version !== formatVersion) {
    throw new UserError(`student of format ${version}: ${path}`, {
      detail: `this version of tutelage reads format ${formatVersion}`,
      hint: 'update tutelage, or ship the student again from its run',
    });
  }
  const checked = studentSchema.safeParse(content);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new UserError(`damaged student: ${path}: ${issue?.path.join('.') || 'content'}: ${issue?.message}`);
}

function modelFile({ files }: StudentDescription, precision: Precision, folder: string): string {
  if (precision === 'float32') return files.model;
  if (files.int8 !== undefined) return files.int8;
  throw new UserError(`no int8 form in ${folder}`, { hint: 'use float32' });
}

async function readText(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8').catch(() => {
    throw missing(folder, name);
  });
}

function missing(folder: string, name: string): UserError {
  return new UserError(`incomplete student: ${join(folder, name)} can't be read`, {
    hint: 'copy the whole folder of the student again',
  });
}

async function openModel(path: string, { threads }: LoadOptions): Promise<InferenceSession> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new UserError(`incomplete student: ${path} can't be read`);
  const options: SessionOptions = threads === undefined ? {} : { threads };
  return openSession(path, options).catch((error: unknown) => {
    throw new UserError(`damaged model: ${path}`, {
      detail: error instanceof Error ? error.message : String(error),
      hint: 'copy the whole folder of the student again',
    });
  });
}

function checkPorts(
  session: InferenceSession,
  { inputs }: Pick<Featurizer<never>, 'inputs'>,
  folder: string,
) {
  const fail = (why: string): never => {
    throw new UserError(`model and featurizer don't belong together: ${folder}: ${why}`);
  };
  for (const [name, { dtype, shape }] of Object.entries(inputs)) {
    const port =
      session.inputs.find((input) => input.name === name) ?? fail(`the model has no input ${name}`);
    const fits =
      port.dtype === dtype &&
      port.shape?.length === shape.length &&
      shape.every((size, i) => typeof size !== 'number' || port.shape![i] === size);
    if (!fits) fail(`input ${name} has another shape or type`);
  }
  const extra = session.inputs.find(({ name }) => !(name in inputs));
  if (extra) fail(`the model also wants ${extra.name}`);
  for (const name of ['probabilities', 'logits']) {
    const port = session.outputs.find((output) => output.name === name);
    if (port?.dtype !== 'float32') fail(`the model gives no ${name}`);
  }
}
