import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type OnnxModel, quantizeDynamic, saveModel } from '@tutelage/engine';
import { temporaryName, writeFileDurably } from '../runs/atomic.js';
import { explained } from '../runs/file-errors.js';
import { nodeFileSystem as fs } from '../runs/file-system.js';
import { type CardFacts, modelCard } from './model-card.js';
import { formatVersion, type Precision, type StudentDescription } from './student-folder.js';
import { version } from './version.js';

/** What a form of the student weighs and how well it does on the validation data. */
export interface Form {
  readonly bytes: number;
  /** Undefined without validation data. */
  readonly score: number | undefined;
}

/** The forms of a shipped student, and what their scores are, such as `accuracy`. */
export interface Shipped extends Readonly<Record<Precision, Form>> {
  readonly measure: string;
}

/** What is the same in every folder that this version writes. */
export const stamp = { format: 'tutelage-student', version: formatVersion, tutelage: version } as const;

/** A student that is to be shipped after its teaching. */
export interface Shipment<Student, Params, Lesson> {
  /** To be written, or replaced. */
  readonly folder: string;
  readonly student: Student;
  readonly params: Params;
  /** On which the int8 form is compared with float32; there may be none. */
  readonly validation: readonly Lesson[];
  readonly facts: CardFacts;
  readonly threads?: number;
}

export interface StudentParts {
  /** To be written, or replaced. */
  readonly folder: string;
  readonly description: StudentDescription;
  readonly model: OnnxModel;
  /** Text files beside the model, by name: what its featurizer needs, labels, examples. */
  readonly files: Readonly<Record<string, string>>;
  /** What the forms are compared by on validation data. */
  readonly measure: string;
  /** @returns undefined without validation data */
  readonly score: (folder: string, precision: Precision) => Promise<number | undefined>;
  readonly facts: CardFacts;
}

/**
 * Writes a student as a folder that can be shipped: the model in float32 and int8, `student.json`, the files that belong to it, and a
 * model card. The folder is there as a whole or not at all, and equal students give equal bytes.
 *
 * @throws {UserError} when the disk is full, read-only, ...
 */
export async function writeStudent(parts: StudentParts): Promise<Shipped> {
  const { folder, description, model, files, measure, facts } = parts;
  const temporary = temporaryName(folder);
  const write = (name: string, text: string): void =>
    writeFileDurably(fs, join(temporary, name), new TextEncoder().encode(text));
  explained('write the student', folder, () => {
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    saveModel(join(temporary, modelNames.model), model);
    saveModel(join(temporary, modelNames.int8), quantizeDynamic(model));
    for (const [name, text] of Object.entries(files)) write(name, text);
    write('student.json', `${JSON.stringify(description, undefined, 2)}\n`);
  });
  const form = async (name: string, precision: Precision): Promise<Form> => ({
    bytes: statSync(join(temporary, name)).size,
    score: await parts.score(temporary, precision),
  });
  const shipped: Shipped = {
    measure,
    float32: await form(modelNames.model, 'float32'),
    int8: await form(modelNames.int8, 'int8'),
  };
  explained('write the student', folder, () => {
    write('README.md', modelCard({ ...facts, description, shipped }));
    fs.syncFolder(temporary);
    fs.remove(folder);
    fs.rename(temporary, folder);
  });
  return shipped;
}

/** The files of the model's forms, as `student.json` names them. */
export const modelNames = { model: 'model.onnx', int8: 'model.int8.onnx' } as const;

/** What the metadata of a student's model say of its origin. */
export function originOf({ name, data, licence, metrics }: CardFacts, preset: string) {
  return {
    name,
    trainingData: data.hash,
    ...(licence !== undefined && { licence }),
    properties: {
      preset,
      metrics: JSON.stringify(Object.fromEntries(metrics.map((metric) => [metric.name, metric.value]))),
    },
  };
}
