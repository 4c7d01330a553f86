import type { DType } from '../graph/dtype.js';
import { ShapeError } from '../graph/errors.js';
import { sameShape, showShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { ModelFileError } from '../onnx/errors.js';
import type { OnnxModel, OnnxValueInfo } from '../onnx/model.js';
import { decodeModel } from '../onnx/proto.js';
import { validateModel } from '../onnx/validate.js';
import { showType } from '../ops/apply.js';
import { cast } from '../ops/elementwise.js';
import { interpreter } from './interpret.js';
import { parametersOf } from './parameters.js';
import { neededNodes, survey } from './survey.js';
import { dtypeOf } from './tensors.js';
import { UnsupportedOperatorsError } from './unsupported.js';

export interface ImportOptions {
  /** The values to compute: any names of the graph, for instance a hidden layer's. The graph's outputs when left out. */
  readonly outputs?: readonly string[];
  /**
   * Decides which float tensors of the file are parameters. When left out, those are that look learnt: not single numbers,
   * running statistics, masks, frequencies of rotary embeddings, or settings of operators.
   */
  readonly trainable?: (name: string, value: Tensor) => boolean;
}

/** An input or output as the file declares it. */
export interface ImportedType {
  readonly name: string;
  readonly dtype: DType;
  /** Sizes, names of sizes that are open, or undefined where the file says nothing. Undefined for an unknown rank. */
  readonly shape: readonly (number | string | undefined)[] | undefined;
}

/** A model as a function that can be traced, differentiated and compiled like any other. */
export interface ImportedModel {
  readonly inputs: readonly ImportedType[];
  /** Names of the values that `apply` gives. */
  readonly outputs: readonly string[];
  /** What can be trained, by name. */
  readonly params: Record<string, Tensor>;
  /** How many nodes of each operator the model has, as in `{ Conv: 20, 'com.microsoft.Gelu': 12 }`. */
  readonly operators: Readonly<Record<string, number>>;
  /**
   * The model's outputs by name, in evaluation mode: dropout does nothing and batch normalisation keeps its statistics.
   *
   * @param params values for parameters; those left out are constants, as the file has them
   * @param inputs a value for each input
   * @throws {ShapeError} when types do not fit the model's declaration, or each other within it
   */
  apply(
    params: Readonly<Record<string, Value>>,
    inputs: Readonly<Record<string, Value>>,
  ): Record<string, Value>;
}

/**
 * Reads an ONNX model as a differentiable function, to be fine-tuned wholly, partly or by adapters. Operator sets 7 and later.
 * Half precision is computed in float32. The file's bytes never reach the runtime: what runs is our own emission of the
 * operators that were understood. Tensor data in other files is refused here; see `importOnnxFile`.
 *
 * @throws {ModelFileError} for damaged or hostile files
 * @throws {UnsupportedOperatorsError} with every operator that has no counterpart here
 *
 * @example
 * const model = importOnnx(await readFile('model.onnx'));
 * const logits = jit((params, input_ids) => model.apply(params, { input_ids }).logits);
 */
export function importOnnx(source: Uint8Array | OnnxModel, options: ImportOptions = {}): ImportedModel {
  const model = source instanceof Uint8Array ? decodeModel(source) : source;
  validateModel(model);
  const outputs = options.outputs ?? model.graph.outputs.map(({ name }) => name);
  if (outputs.length === 0) throw new ModelFileError('a model without outputs');
  const nodes = neededNodes(model.graph, outputs);
  const { stored, operators, unsupported } = survey(model, nodes);
  if (unsupported.size > 0) throw new UnsupportedOperatorsError(unsupported);
  const initialized = new Set(model.graph.initializers.map(({ name }) => name));
  const declared = model.graph.inputs.filter(({ name }) => !initialized.has(name));
  const inputs = declared.map(declaredType);
  const params = parametersOf(stored, options.trainable);
  const known = new Set([
    ...inputs.map(({ name }) => name),
    ...initialized,
    ...nodes.flatMap((node) => node.outputs),
  ]);
  for (const name of outputs) {
    if (!known.has(name)) throw new ModelFileError(`no value of the model has this name: '${name}'`);
  }
  const run = interpreter(model, nodes);
  return {
    inputs,
    outputs,
    params,
    operators: Object.fromEntries(operators),
    apply(givenParams, givenInputs) {
      const results = run(fittingInputs(inputs, givenInputs), fittingParams(params, givenParams), outputs);
      return Object.fromEntries(outputs.map((name, i) => [name, results[i]!]));
    },
  };
}

function declaredType({ name, dataType, shape }: OnnxValueInfo): ImportedType {
  try {
    return { name, dtype: dtypeOf(dataType), shape };
  } catch (error) {
    if (error instanceof ModelFileError) throw new ModelFileError(`${error.message} (input '${name}')`);
    throw error;
  }
}

function fittingParams(
  params: Readonly<Record<string, Tensor>>,
  given: Readonly<Record<string, Value>>,
): ReadonlyMap<string, Value> {
  for (const [name, value] of Object.entries(given)) {
    const own = Object.hasOwn(params, name) ? params[name] : undefined;
    if (!own) throw new ShapeError(`import: the model has no parameter of this name: '${name}'`);
    if (value.dtype !== own.dtype || !sameShape(value.shape, own.shape)) {
      throw new ShapeError(`import: parameter '${name}' is ${showType(own)}, not ${showType(value)}`);
    }
  }
  return new Map(Object.entries(given));
}

function fittingInputs(
  inputs: readonly ImportedType[],
  given: Readonly<Record<string, Value>>,
): ReadonlyMap<string, Value> {
  const sizes = new Map<string, number>();
  return new Map(
    inputs.map((declared) => {
      const { name, dtype, shape } = declared;
      const value = Object.hasOwn(given, name) ? given[name] : undefined;
      if (!value) throw new ShapeError(`import: an input is missing: '${name}'`);
      const fits =
        shape === undefined ||
        (shape.length === value.rank &&
          shape.every((d, i) => {
            if (d === undefined) return true;
            const wanted = typeof d === 'number' ? d : sizes.get(d);
            if (typeof d === 'string') sizes.set(d, wanted ?? value.dim(i));
            return wanted === undefined || wanted === value.dim(i);
          }));
      if (!fits) {
        const open = [...sizes].map(([symbol, size]) => `${symbol} = ${size}`).join(', ');
        throw new ShapeError(
          `import: input '${name}' is ${showDeclared(declared)}${open && ` with ${open}`}, not ${showShape(value.shape)}`,
        );
      }
      return [name, asDeclared(value, declared, dtype)];
    }),
  );
}

/** Indices of our own operators are int32, where exporters declare int64. */
function asDeclared(value: Value, { name }: ImportedType, dtype: DType): Value {
  if (value.dtype === dtype) return value;
  if (value.dtype === 'int32' && dtype === 'int64') return cast(value, dtype);
  throw new ShapeError(`import: input '${name}' is ${dtype}, not ${value.dtype}`);
}

function showDeclared({ dtype, shape }: ImportedType): string {
  return `${dtype}${shape ? `[${shape.map((d) => d ?? '?').join(', ')}]` : ''}`;
}
