import { createHash } from 'node:crypto';
import type { InferenceSession, SessionOptions } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import type { Attempted, Teacher, TeachingOptions } from '../core/teacher.js';
import type { OpenTeacher } from './classifier-teacher.js';
import { addValue } from './example-key.js';
import { openOnnxFile } from './onnx-file.js';
import {
  type ImageFormOptions,
  type InputForm,
  imageForm,
  type TextOptions,
  textForm,
} from './onnx-inputs.js';
import { type OutputForm, type OutputOptions, outputForm } from './onnx-outputs.js';

export interface OnnxOptions extends OutputOptions, SessionOptions {
  /** Path of the ONNX file. */
  readonly model: string;
}

/** Gives logits in the order of `labels`, or features: look at `kind`. */
export type OnnxTeacher<I> = OpenTeacher<Teacher<I, string, 'logits'> | Teacher<I, string, 'features'>> & {
  readonly labels: readonly string[] | undefined;
};

/**
 * An ONNX model of texts as a teacher, with the tokenizer beside it: a classifier ([batch, classes], logits or softmax), or an
 * encoder ([batch, tokens, width] or [batch, width]).
 *
 * @throws {UserError} when the model or its tokenizer can't be used, or its labels are not those of the task
 */
export async function onnxTextTeacher(options: OnnxOptions & TextOptions): Promise<OnnxTeacher<string>> {
  const file = await openOnnxFile(options.model, options);
  return teacherOf(
    file.session,
    () => textForm(file, options),
    () => outputForm(file, options),
  );
}

/**
 * An ONNX model of images as a teacher.
 *
 * @throws {UserError} as {@link onnxTextTeacher}, and when the images don't have the size that the model takes
 */
export async function onnxImageTeacher(
  options: OnnxOptions & ImageFormOptions,
): Promise<OnnxTeacher<Uint8Array>> {
  const file = await openOnnxFile(options.model, options);
  return teacherOf(
    file.session,
    () => imageForm(file, options),
    () => outputForm(file, options),
  );
}

/** Small enough to be stopped soon, large enough for the runtime. */
const usualBatch = 32;

async function teacherOf<I>(
  session: InferenceSession,
  openInput: () => Promise<InputForm<I>>,
  openOutput: () => Promise<OutputForm>,
): Promise<OnnxTeacher<I>> {
  try {
    const [input, output] = [await openInput(), await openOutput()];
    const hash = createHash('sha256');
    addValue(hash, ['onnx', input.config, output.config]);
    const shared = {
      fingerprint: hash.digest('hex'),
      labels: output.labels,
      dispose: () => session.dispose(),
    };
    const ask = asking(session, input, output);
    if (output.kind === 'features') return { ...shared, kind: 'features', teach: ask };
    return {
      ...shared,
      kind: 'logits',
      teach: async (examples, options) => (await ask(examples, options)).map((values) => ({ values })),
    };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

/** Rows for examples: asked in batches of like length, returned in order. */
function asking<I>(
  session: InferenceSession,
  input: InputForm<I>,
  output: OutputForm,
): (
  examples: readonly Attempted<I, string>[],
  options?: TeachingOptions,
) => Promise<readonly Float32Array[]> {
  const batchSize = input.batchSize ?? usualBatch;
  return async (examples, { signal, onProgress } = {}) => {
    const inputs = examples.map(({ example }) => example.input);
    const weights = inputs.map((i) => input.weight(i));
    const order = [...inputs.keys()].sort((a, b) => weights[a]! - weights[b]!);
    const rows = new Array<Float32Array>(inputs.length);
    for (let start = 0; start < order.length; start += batchSize) {
      signal?.throwIfAborted();
      const places = order.slice(start, start + batchSize);
      const batch = places.map((at) => inputs[at]!);
      // A model of one batch size gets its last batch filled up.
      while (input.batchSize !== undefined && batch.length < input.batchSize) batch.push(batch[0]!);
      const { tensors, mask } = input.feeds(batch);
      const results = output.rows(await run(session, tensors), mask);
      places.forEach((at, i) => {
        rows[at] = results[i]!;
      });
      onProgress?.(start + places.length);
    }
    return rows;
  };
}

async function run(
  session: InferenceSession,
  tensors: Parameters<InferenceSession['run']>[0],
): ReturnType<InferenceSession['run']> {
  try {
    return await session.run(tensors);
  } catch (cause) {
    throw new UserError("the teacher can't be run on these inputs", {
      detail: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}
