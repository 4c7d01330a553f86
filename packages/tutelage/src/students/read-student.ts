import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type InferenceSession, openSession, type SessionOptions, type Tensor } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import type { InputShapes } from './classifier.js';
import {
  type DescriptionOf,
  formatVersion,
  kindNames,
  type Precision,
  type StudentDescription,
  type StudentKind,
  studentSchema,
} from './student-folder.js';

export interface LoadOptions {
  /** `float32` unless told. */
  readonly precision?: Precision;
  readonly threads?: number;
}

/**
 * What the folder of a student says of it.
 *
 * @throws {UserError} when it is no student, is damaged, or was written by another version
 */
export async function readDescription(folder: string): Promise<StudentDescription> {
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

/**
 * The same, of a student of one kind.
 *
 * @throws {UserError} when it is of another kind
 */
export async function describedAs<K extends StudentKind>(folder: string, kind: K): Promise<DescriptionOf<K>> {
  const description = await readDescription(folder);
  if (isOfKind(description, kind)) return description;
  throw new UserError(`${kindNames[description.kind]}, not ${kindNames[kind]}: ${folder}`);
}

function isOfKind<K extends StudentKind>(
  description: StudentDescription,
  kind: K,
): description is DescriptionOf<K> {
  return description.kind === kind;
}

function modelFile({ files }: StudentDescription, precision: Precision, folder: string): string {
  if (precision === 'float32') return files.model;
  if (files.int8 !== undefined) return files.int8;
  throw new UserError(`no int8 form in ${folder}`, { hint: 'use float32' });
}

/** @throws {UserError} when it can't be read */
export async function readText(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8').catch(() => {
    throw missing(folder, name);
  });
}

export function missing(folder: string, name: string): UserError {
  return new UserError(`incomplete student: ${join(folder, name)} can't be read`, {
    hint: 'copy the whole folder of the student again',
  });
}

/**
 * Opens the model of a student.
 *
 * @throws {UserError} when it is missing or damaged
 */
export async function openModel(
  folder: string,
  description: StudentDescription,
  { precision = 'float32', threads }: LoadOptions,
): Promise<InferenceSession> {
  const path = join(folder, modelFile(description, precision, folder));
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

/** @throws {UserError} unless the model takes these inputs and gives these outputs, all float32 */
export function checkPorts(
  session: InferenceSession,
  inputs: InputShapes,
  outputs: readonly string[],
  folder: string,
): void {
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
  for (const name of outputs) {
    const port = session.outputs.find((output) => output.name === name);
    if (port?.dtype !== 'float32') fail(`the model gives no ${name}`);
  }
}

/**
 * Runs a student's model.
 *
 * @throws {UserError} when it does not run
 */
export async function runModel(
  session: InferenceSession,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Readonly<Record<string, Tensor>>> {
  return session.run(inputs).catch((error: unknown) => {
    throw new UserError(
      `the student's model does not run: ${error instanceof Error ? error.message : error}`,
    );
  });
}
