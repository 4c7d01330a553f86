import { onnxTypes } from '../compile/lower.js';
import type { DType } from '../graph/dtype.js';
import { showShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { decodeModel, type OnnxModel, type OnnxValueInfo } from '../onnx/proto.js';
import { validateModel } from '../onnx/validate.js';
import { currentBackend, type SessionOptions } from '../runtime/backend.js';
import { ExportError } from './errors.js';

/** An input or output of a model: a dimension is a size, the name of a symbolic axis, or undefined when unknown. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  /** Undefined for an unknown rank. */
  readonly shape: readonly (number | string | undefined)[] | undefined;
}

/** A model ready to be run. */
export interface InferenceSession {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Computes all outputs from all inputs, by name.
   *
   * @throws {ExportError} for a missing or unknown input, or one whose element type or shape does not fit
   */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  /** Frees the runtime's memory; the session cannot be run any more. */
  dispose(): Promise<void>;
}

/**
 * Loads an ONNX model for inference, after a check of its structure.
 *
 * @param model an ONNX file that holds its own weights; for one with a data file beside it see `openSession`
 * @throws {ModelFileError} for a damaged model
 */
export async function loadSession(
  model: Uint8Array,
  options: SessionOptions = {},
): Promise<InferenceSession> {
  const decoded = decodeModel(model);
  validateModel(decoded);
  return startSession(decoded, model, options);
}

/**
 * A session of a checked model, which the runtime loads from bytes or a path.
 *
 * @throws {ExportError} when the runtime refuses the model, for instance for an operator that it does not have
 */
export async function startSession(
  { graph, metadata }: OnnxModel,
  source: Uint8Array | string,
  options: SessionOptions,
): Promise<InferenceSession> {
  const defaults = new Set(graph.initializers.map((t) => t.name));
  const inputs = graph.inputs.filter((info) => !defaults.has(info.name)).map(portOf);
  const outputs = graph.outputs.map(portOf);
  const names = { inputs: inputs.map((p) => p.name), outputs: outputs.map((p) => p.name) };
  const session = await currentBackend()
    .load(source, names, options)
    .catch((error: unknown) => {
      throw new ExportError(
        `the runtime cannot load the model: ${error instanceof Error ? error.message : error}`,
      );
    });
  return {
    inputs,
    outputs,
    metadata,
    async run(given) {
      checkInputs(inputs, given);
      const results = await session.run(names.inputs.map((name) => given[name]!));
      return Object.fromEntries(names.outputs.map((name, i) => [name, results[i]!]));
    },
    dispose: () => session.release(),
  };
}

const dtypes = new Map(Object.entries(onnxTypes).map(([dtype, code]) => [code, dtype as DType]));

function portOf({ name, dataType, shape }: OnnxValueInfo): Port {
  const dtype = dtypes.get(dataType);
  if (!dtype)
    throw new ExportError(`value '${name}' has an element type that cannot be passed: code ${dataType}`);
  return { name, dtype, shape };
}

function checkInputs(ports: readonly Port[], given: Readonly<Record<string, Tensor>>): void {
  const known = ports.map((p) => `'${p.name}'`).join(', ');
  const unknown = Object.keys(given).find((name) => !ports.some((p) => p.name === name));
  if (unknown !== undefined) throw new ExportError(`unknown input: '${unknown}'; the model has ${known}`);
  const sizes = new Map<string, { readonly size: number; readonly input: string }>();
  for (const { name, dtype, shape } of ports) {
    const tensor = given[name];
    if (!tensor) throw new ExportError(`missing input: '${name}'; the model has ${known}`);
    if (tensor.dtype !== dtype)
      throw new ExportError(`input '${name}' must be ${dtype}: ${tensor.dtype} was given`);
    const fits =
      shape === undefined ||
      (shape.length === tensor.shape.length &&
        shape.every((d, i) => typeof d !== 'number' || d === tensor.shape[i]));
    if (!fits) {
      const wanted = shape.map((d) => d ?? '?').join(', ');
      throw new ExportError(
        `input '${name}' must have the shape [${wanted}]: ${showShape(tensor.shape)} was given`,
      );
    }
    shape?.forEach((symbol, i) => {
      if (typeof symbol !== 'string') return;
      const size = tensor.shape[i]!;
      const before = sizes.get(symbol);
      if (before && before.size !== size) {
        throw new ExportError(
          `axis '${symbol}' has two sizes: ${before.size} in input '${before.input}' and ${size} in input '${name}'`,
        );
      }
      sizes.set(symbol, { size, input: name });
    });
  }
}
