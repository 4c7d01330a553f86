import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { random } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import type { Example } from '../core/example.js';
import type { ClassifierStudent } from '../students/classifier.js';
import type { InputKind, InputTypes } from '../students/featurizers.js';
import { imageNano } from '../students/image-presets.js';
import type { Trained } from '../students/predictor.js';
import { shipStudent } from '../students/ship.js';
import { textNano } from '../students/text-nano.js';
import { findIdxFiles, readIdx } from '../tasks/idx.js';
import { readImages } from '../tasks/images.js';
import type { SplitName } from '../tasks/splits.js';
import { readTextClassification } from '../tasks/text-classification.js';

/** Examples with the class of each. */
export interface Labelled<I> {
  readonly ids: readonly string[];
  readonly inputs: readonly I[];
  readonly classes: readonly number[];
}

/** The user's labelled texts or images, and the smallest student that they can be taught to. */
export interface OwnClassification<I> {
  readonly labels: readonly string[];
  /** SHA-256 of the data. */
  readonly hash: string;
  readonly splits: Readonly<Record<SplitName, Labelled<I>>>;
  readonly warnings: readonly string[];
  /** @param inputs from which the student's featurizer learns what it must know */
  student(inputs: readonly I[], seed: number): Promise<ClassifierStudent<I>>;
  /**
   * Writes a taught student as a folder to ship.
   *
   * @param accuracy on the test split
   */
  ship(folder: string, student: ClassifierStudent<I>, trained: Trained, accuracy: number): Promise<void>;
}

export type AnyClassification = {
  readonly [K in InputKind]: { readonly kind: K } & OwnClassification<InputTypes[K]>;
}[InputKind];

const defaultSide = 32;

/**
 * Reads texts from a table, or images from a folder, as `tutelage distill` does.
 *
 * @throws {UserError} when they can't be used
 */
export async function readOwnClassification(path: string): Promise<AnyClassification> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new UserError(`no such file or folder: ${path}`);
  if (found.isDirectory()) {
    const [idx] = await findIdxFiles(path);
    const sizes = idx ? (await readIdx(idx.images)).sizes : [];
    const [, height = defaultSide, width = defaultSide, channels = idx ? 1 : 3] = sizes;
    const shape = { height, width, channels: channels === 1 ? 1 : 3 } as const;
    const { labels, warnings, splits, hash } = await readImages(path, { shape });
    const preset = imageNano(shape);
    const parts = {
      train: labelled(splits.train, labels),
      validation: labelled(splits.validation, labels),
      test: labelled(splits.test, labels),
    };
    return {
      kind: 'image',
      labels,
      hash,
      warnings,
      splits: parts,
      student: (inputs, seed) => preset.create(inputs, labels, random.key(seed)),
      ship: shipping('image', basename(path), hash, parts, warnings),
    };
  }
  const { labels, warnings, splits, hash } = await readTextClassification(path);
  const parts = {
    train: labelled(await splits.train.toArray(), labels),
    validation: labelled(await splits.validation.toArray(), labels),
    test: labelled(await splits.test.toArray(), labels),
  };
  return {
    kind: 'text',
    labels,
    hash,
    warnings,
    splits: parts,
    student: (inputs, seed) => textNano.create(inputs, labels, random.key(seed)),
    ship: shipping('text', basename(path), hash, parts, warnings),
  };
}

function shipping<K extends InputKind>(
  input: K,
  name: string,
  hash: string,
  { train, validation, test }: OwnClassification<InputTypes[K]>['splits'],
  warnings: readonly string[],
): OwnClassification<InputTypes[K]>['ship'] {
  return async (folder, student, trained, accuracy) => {
    const sizes = {
      train: train.inputs.length,
      validation: validation.inputs.length,
      test: test.inputs.length,
    };
    const facts = {
      name: `${student.preset} of ${name}`,
      data: { name, hash, ...sizes },
      metrics: [{ name: 'accuracy', value: accuracy }],
      warnings,
    };
    const held = { inputs: validation.inputs, classes: validation.classes };
    await shipStudent({ folder, input, student, trained, validation: held, facts, threads: 1 });
  };
}

function labelled<I>(examples: readonly Example<I, string>[], labels: readonly string[]): Labelled<I> {
  const classOf = new Map(labels.map((label, i) => [label, i]));
  return {
    ids: examples.map(({ id }) => id),
    inputs: examples.map(({ input }) => input),
    classes: examples.map(({ target }) => classOf.get(target!)!),
  };
}
