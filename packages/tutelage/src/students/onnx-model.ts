import { readFileSync } from 'node:fs';
import {
  decodeModel,
  type ImportedModel,
  type ImportedType,
  importOnnxFile,
  ModelFileError,
  type OnnxModel,
  UnsupportedOperatorsError,
} from '@tutelage/engine';
import { UserError } from '../core/errors.js';

/** Names of the inputs of a text model; token types and mask may be missing. */
export interface TextInputs {
  readonly ids: string;
  readonly mask: string | undefined;
  readonly types: string | undefined;
}

/** The input of an image model: [batch, channels, height, width]. */
export interface PixelInput {
  readonly pixels: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** An ONNX file taken apart for a new task. */
export interface OnnxStudentModel {
  readonly whole: ImportedModel;
  /** The value that is taken for logits: an output, or what its softmax reads. */
  readonly logits: string;
  /** The model up to what its last linear layer reads; the whole model where it doesn't end in one. */
  readonly body: ImportedModel;
  readonly features: string;
}

/**
 * Reads an ONNX file and finds where its head begins.
 *
 * @throws {UserError} when the file can't be read, is damaged, or has operators that can't be differentiated
 */
export function readOnnxStudent(path: string): OnnxStudentModel {
  try {
    const { graph } = decodeModel(readFileSync(path));
    const output =
      graph.outputs.find(({ name }) => /logits|score|class/i.test(name))?.name ?? graph.outputs[0]?.name;
    if (output === undefined) throw new ModelFileError('a model without outputs');
    const last = graph.nodes.find(({ outputs }) => outputs.includes(output));
    const logits = last && /Softmax$/.test(last.opType) ? last.inputs[0]! : output;
    const features = headInput(graph, logits) ?? logits;
    return {
      whole: importOnnxFile(path, { outputs: [logits] }),
      logits,
      body: importOnnxFile(path, { outputs: [features] }),
      features,
    };
  } catch (cause) {
    if (cause instanceof ModelFileError || cause instanceof UnsupportedOperatorsError) {
      throw new UserError(`model that can't be taught: ${path}`, { detail: cause.message, cause });
    }
    if (cause instanceof Error && 'code' in cause) {
      throw new UserError(`can't read file: ${path}`, { detail: String(cause.code), cause });
    }
    throw cause;
  }
}

/** Operators that are a linear layer, or all of it but the bias. */
const products = new Set(['Gemm', 'MatMul', 'FusedMatMul']);

/** Operators between the last linear layer and the output that change no class. */
const passing = new Set(['Add', 'Cast', 'Dropout', 'Flatten', 'Identity', 'Reshape', 'Squeeze']);

/** The name of what the last linear layer before an output reads. */
function headInput(graph: OnnxModel['graph'], output: string): string | undefined {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  let node = producers.get(output);
  while (node) {
    if (products.has(node.opType)) return node.inputs[0];
    if (!passing.has(node.opType)) return undefined;
    const computed = node.inputs
      .map((name) => producers.get(name))
      .filter((producer) => producer !== undefined && producer.opType !== 'Constant');
    // A sum of two computed values is a residual connection, not a bias.
    node = computed.length === 1 ? computed[0] : undefined;
  }
  return undefined;
}

/**
 * The inputs of a text model.
 *
 * @throws {UserError} when they are not token ids with, perhaps, a mask and token types
 */
export function textInputs(inputs: readonly ImportedType[], path: string): TextInputs {
  const named = (pattern: RegExp) => inputs.find(({ name }) => pattern.test(name))?.name;
  const mask = named(/mask/i);
  const types = named(/type|segment/i);
  const others = inputs.filter(({ name }) => name !== mask && name !== types);
  const [ids] = others;
  if (others.length !== 1 || !ids?.dtype.startsWith('int') || isFixed(ids)) {
    throw new UserError(`not a text model of open batch size: ${path}`, {
      detail: `its inputs are ${inputs.map(shown).join('; ')}`,
      hint: 'needed: token ids [batch, length] as integers, and perhaps attention_mask and token_type_ids',
    });
  }
  return { ids: ids.name, mask, types };
}

/**
 * The input of an image model.
 *
 * @throws {UserError} when it is not [batch, channels, height, width] with an open batch
 */
export function pixelInput(inputs: readonly ImportedType[], path: string): PixelInput {
  const [pixels] = inputs;
  const [, channels, height, width] = pixels?.shape ?? [];
  const isKnown =
    typeof channels === 'number' &&
    typeof height === 'number' &&
    typeof width === 'number' &&
    pixels !== undefined;
  if (inputs.length !== 1 || !isKnown || pixels.dtype !== 'float32' || isFixed(pixels)) {
    throw new UserError(`not an image model of open batch size: ${path}`, {
      detail: `its inputs are ${inputs.map(shown).join('; ')}`,
      hint: 'needed: one input [batch, channels, height, width] of float32',
    });
  }
  return { pixels: pixels.name, channels, height, width };
}

const isFixed = ({ shape }: ImportedType): boolean => typeof shape?.[0] === 'number';

const shown = ({ name, dtype, shape }: ImportedType): string =>
  `${name}: ${dtype}[${shape?.map((size) => size ?? '?').join(', ') ?? '...'}]`;
