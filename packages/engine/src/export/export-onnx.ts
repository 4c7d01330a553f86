import type { Concrete } from '../compile/jit.js';
import { lower, onnxTypes } from '../compile/lower.js';
import { drawsOf } from '../compile/program.js';
import { type TracedFunction, trace } from '../compile/trace.js';
import { ShapeError } from '../graph/errors.js';
import { isTensor, type Tensor } from '../graph/tensor.js';
import { leavesOf, type Tree } from '../graph/tree.js';
import type { Type, Value } from '../graph/value.js';
import type { OnnxGraph, OnnxModel, OnnxTensor } from '../onnx/model.js';
import { type AxisRange, type ExportInput, planAxes, shapeAt } from './axes.js';
import { ExportError } from './errors.js';
import { generalize } from './generalize.js';
import { type ModelMetadata, metadataEntries, version } from './metadata.js';
import type { Sizes } from './polynomial.js';
import { tidy } from './tidy.js';

export interface ExportOptions {
  /** Ranges of symbolic axes: give one where not every size from 1 on is possible, as with a table of positions. */
  readonly axes?: Readonly<Record<string, AxisRange>>;
  /** Only operators of ONNX itself; by default some of ONNX Runtime's own, which are faster there, are among them. */
  readonly portable?: boolean;
  /** Names of initializers from the paths of parameters, such as `(path) => path.replace(/^(weights|state)\./, '')`. */
  readonly parameterName?: (path: string) => string;
  readonly metadata?: ModelMetadata;
}

/**
 * Writes a function with its parameters as an ONNX model. Parameters become initializers under their dotted paths, and a tensor
 * that occurs twice is written once; results become outputs under the paths in the returned record (`output` for a single
 * value). Dimensions of inputs that are names stay open: the function is traced at several sizes, and what differs between the
 * traces is computed by the model from the shapes of its inputs. Equal arguments give equal models.
 *
 * @param fn what the model computes; it must not draw random numbers
 * @param inputs element types and shapes by name, such as `{ tokens: { dtype: 'int64', shape: ['batch', 'sequence'] } }`
 * @throws {ExportError} naming the operator for which there is no form that holds for every size, and what can be done
 */
export function exportOnnx<P, I extends Readonly<Record<string, ExportInput>>>(
  fn: (params: P, inputs: { readonly [K in keyof I]: Value }) => Tree<Value>,
  params: Concrete<P>,
  inputs: I,
  options: ExportOptions = {},
): OnnxModel {
  const { portable = false, metadata = {}, parameterName = (path) => path } = options;
  const weights = leavesOf<Tensor>(params as Tree<Tensor>).map(({ path, leaf }) => ({
    path: parameterName(path) || 'parameter',
    leaf,
  }));
  for (const { path, leaf } of weights) {
    if (!isTensor(leaf)) throw new ExportError(`parameter '${path}' is no tensor: ${typeof leaf}`);
  }
  const axes = planAxes(inputs, options.axes ?? {}, sizesOf(weights, inputs));
  const traces = axes.trials.map((sizes) => {
    const types = Object.entries(inputs).map(([name, input]) => [
      name,
      { dtype: input.dtype, shape: shapeAt(name, input, sizes) },
    ]);
    return tracedAt(sizes, fn, [params as Tree<Tensor>, Object.fromEntries(types)], axes.foldLimit);
  });
  const outputNames = leavesOf<number>(traces[0]!.result).map(({ path }) => path || 'output');
  const names = finalNames(weights, Object.keys(inputs), outputNames);

  const inputOf = (name: string) => `i${weights.length + Object.keys(inputs).indexOf(name)}`;
  const places = new Map(
    [...axes.places].map(([axis, place]) => [axis, { ...place, input: inputOf(place.input) }]),
  );
  const models = traces.map(({ graph }) => lower(graph, { portable }).model);
  const graph = generalize(
    models.map((model) => model.graph),
    { ...axes, places },
  );
  const named = tidy(
    {
      ...graph,
      name: metadata.name ?? 'tutelage',
      inputs: graph.inputs
        .slice(weights.length)
        .map((info, i) => ({ ...info, shape: Object.values(inputs)[i]!.shape })),
      initializers: [...parameterTensors(weights, graph), ...graph.initializers],
    },
    names,
  );
  if (portable) needPortable(named);
  const domains = new Set(['', ...named.nodes.map((node) => node.domain)]);
  return {
    ...models[0]!,
    opsets: models[0]!.opsets.filter(({ domain }) => domains.has(domain)),
    producerVersion: version,
    metadata: metadataEntries(metadata),
    graph: named,
  };
}

function sizesOf(
  weights: readonly { readonly leaf: Tensor }[],
  inputs: Readonly<Record<string, ExportInput>>,
): Set<number> {
  const shapes = [
    ...weights.map(({ leaf }) => leaf.shape),
    ...Object.values(inputs).map(({ shape }) => shape),
  ];
  return new Set(shapes.flat().filter((d): d is number => typeof d === 'number'));
}

function tracedAt(
  sizes: Sizes,
  fn: (...args: never[]) => unknown,
  args: readonly Tree<Type>[],
  foldLimit: number | undefined,
): TracedFunction {
  let traced: TracedFunction;
  try {
    traced = trace(fn, args, foldLimit);
  } catch (error) {
    const tried = Object.entries(sizes).map(([axis, size]) => `${axis} = ${size}`);
    if (!(error instanceof ShapeError) || tried.length === 0) throw error;
    throw new ExportError(
      `the function fails at ${tried.join(', ')}: ${error.message}; where an axis cannot have every size, say so by \`axes\`, as { ${Object.keys(sizes)[0]}: { max: 128 } }`,
    );
  }
  if (drawsOf(traced.graph).length > 0) {
    throw new ExportError('the function draws random numbers: export its form for evaluation, without a key');
  }
  return traced;
}

/** Final names by those that lowering gives: `i0`, `i1`, ... for parameters and then inputs, `o0`, ... for outputs. */
function finalNames(
  weights: readonly { readonly path: string; readonly leaf: Tensor }[],
  inputs: readonly string[],
  outputs: readonly string[],
): Map<string, string> {
  const owners = new Map<Tensor, string>();
  for (const { path, leaf } of weights) if (!owners.has(leaf)) owners.set(leaf, path);
  const all = [...owners.values(), ...inputs, ...outputs];
  const twice = all.find((name, i) => all.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new ExportError(
      `name given twice among parameters, inputs and outputs: '${twice}'; rename one of them`,
    );
  }
  return new Map([
    ...weights.map(({ leaf }, i) => [`i${i}`, owners.get(leaf)!] as const),
    ...inputs.map((name, i) => [`i${weights.length + i}`, name] as const),
    ...outputs.map((name, i) => [`o${i}`, name] as const),
  ]);
}

/** Initializers of the parameters that the graph uses. */
function parameterTensors(
  weights: readonly { readonly path: string; readonly leaf: Tensor }[],
  graph: OnnxGraph,
): OnnxTensor[] {
  const used = new Set(graph.nodes.flatMap((node) => node.inputs));
  const needed = weights.flatMap(({ leaf }, i) => (used.has(`i${i}`) ? [leaf] : []));
  return [...new Set(needed)].map((leaf) => ({
    name: `i${weights.findIndex((w) => w.leaf === leaf)}`,
    dataType: onnxTypes[leaf.dtype],
    dims: leaf.shape,
    data: new Uint8Array(leaf.data.buffer, leaf.data.byteOffset, leaf.data.byteLength),
  }));
}

function needPortable(graph: OnnxGraph): void {
  // The runtime registers its simplified normalization among ONNX's own operators, to which it does not belong.
  const foreign = graph.nodes.find((n) => n.domain !== '' || n.opType === 'SimplifiedLayerNormalization');
  if (foreign) {
    throw new ExportError(
      `operator ${foreign.opType} is ONNX Runtime's own: this function has no portable form`,
    );
  }
}
