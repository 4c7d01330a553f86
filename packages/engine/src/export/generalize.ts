import { Writer } from '../compile/lower.js';
import type { DType } from '../graph/dtype.js';
import { showShape } from '../graph/shape.js';
import { DataType, type OnnxGraph, type OnnxNode, type OnnxTensor } from '../onnx/model.js';
import type { Axes } from './axes.js';
import { ExportError } from './errors.js';
import { type Fit, fitFloat, fitInteger } from './fit.js';
import { constantOf, showPolynomial } from './polynomial.js';
import { numberOf, sizeNodes } from './sizeNodes.js';

/** Constants with more elements that differ between trials are baked masks or tables, not sizes. */
const mostElements = 64;

const fittedTypes: Readonly<Record<number, DType>> = {
  [DataType.INT64]: 'int64',
  [DataType.INT32]: 'int32',
  [DataType.FLOAT]: 'float32',
  [DataType.DOUBLE]: 'float64',
};

/**
 * Makes one graph of any size from the graphs of a function at several sizes: they must have the same nodes, and constants in
 * which they differ are replaced by nodes that compute them from the shapes of the inputs.
 *
 * @param graphs one for each of the trials of `axes`, with equal names of inputs and outputs
 * @throws {ExportError} naming the operator that depends on a size in another way
 */
export function generalize(graphs: readonly OnnxGraph[], axes: Axes): OnnxGraph {
  const [first, ...others] = graphs as [OnnxGraph, ...OnnxGraph[]];
  const constants = graphs.map((graph) => new Map(graph.initializers.map((t) => [t.name, t])));
  const writer = new Writer({ blocked: false, portable: true }, 'size_');
  const write = sizeNodes(writer, axes.places);
  const used = new Set<string>();

  const input = (node: OnnxNode, i: number, at: number): string => {
    const name = node.inputs[i]!;
    const tensors = constants.map((known, trial) => known.get(graphs[trial]!.nodes[at]!.inputs[i]!));
    const [tensor] = tensors;
    if (!tensor) {
      const same = others.every((graph) => graph.nodes[at]!.inputs[i] === name);
      if (same && tensors.every((t) => t === undefined)) return name;
      throw differently(node, `its operand ${i} is another value`, axes);
    }
    if (tensors.some((t) => t === undefined))
      throw differently(node, `its operand ${i} is another value`, axes);
    const seen = tensors as readonly OnnxTensor[];
    if (seen.every((t) => sameTensor(t, tensor))) {
      used.add(name);
      return name;
    }
    const elements = fitElements(node, seen, axes);
    const dtype = fittedTypes[tensor.dataType]!;
    // A single unknown dimension is the reshape's to find.
    const open = elements.flatMap((e, k) => (numberOf(e) === undefined ? [k] : []));
    const inferable = node.opType === 'Reshape' && i === 1 && open.length === 1 && !elements.includes(0);
    return write({
      dtype,
      shape: tensor.dims,
      elements: inferable ? elements.map((e, k) => (k === open[0] ? -1 : e)) : elements,
    });
  };

  for (const other of others) {
    const at = first.nodes.findIndex((node, i) => !sameKind(node, other.nodes[i]));
    const surplus = at < 0 && other.nodes.length > first.nodes.length;
    if (at >= 0 || surplus) {
      const node = surplus ? other.nodes[first.nodes.length]! : first.nodes[at]!;
      throw differently(node, unlike(node, surplus ? undefined : other.nodes[at]), axes);
    }
  }
  const nodes = first.nodes.map((node, at) => ({
    ...node,
    inputs: node.inputs.map((_, i) => input(node, i, at)),
  }));
  return {
    ...first,
    nodes: [...writer.nodes, ...nodes],
    initializers: [...first.initializers.filter((t) => used.has(t.name)), ...writer.initializers],
    outputs: first.outputs.map((output, i) => ({
      ...output,
      shape: output.shape!.map((_, axis) => outputDimension(graphs, i, axis, axes)),
    })),
  };
}

function sameKind(a: OnnxNode, b: OnnxNode | undefined): boolean {
  return (
    b !== undefined &&
    a.opType === b.opType &&
    a.domain === b.domain &&
    a.inputs.length === b.inputs.length &&
    a.outputs.length === b.outputs.length &&
    JSON.stringify(a.attributes) === JSON.stringify(b.attributes)
  );
}

function unlike(a: OnnxNode, b: OnnxNode | undefined): string {
  if (b === undefined) return 'it is not there at every size';
  if (a.opType !== b.opType) return `at another size there is ${b.opType} instead`;
  const name = Object.keys(a.attributes).find(
    (key) => JSON.stringify(a.attributes[key]) !== JSON.stringify(b.attributes[key]),
  );
  return name === undefined ? 'its numbers of operands or results differ' : `its attribute ${name} differs`;
}

function sameTensor(a: OnnxTensor, b: OnnxTensor): boolean {
  if (a.dataType !== b.dataType || a.dims.join() !== b.dims.join()) return false;
  const oneMemory = a.data.buffer === b.data.buffer && a.data.byteOffset === b.data.byteOffset;
  return oneMemory || a.data.every((byte, i) => byte === b.data[i]);
}

function fitElements(node: OnnxNode, seen: readonly OnnxTensor[], axes: Axes): (number | Fit)[] {
  const [tensor] = seen as readonly [OnnxTensor];
  const dtype = fittedTypes[tensor.dataType];
  if (seen.some((t) => t.dims.join() !== tensor.dims.join())) {
    throw differently(
      node,
      `a constant operand has the shape ${showShape(tensor.dims)} at one size and ${showShape(seen.find((t) => t.dims.join() !== tensor.dims.join())!.dims)} at another`,
      axes,
    );
  }
  const values = seen.map(numbersOf);
  if (dtype === undefined || values[0]!.length > mostElements) {
    throw differently(node, `a constant operand of shape ${showShape(tensor.dims)} has other values`, axes);
  }
  const fit = dtype === 'int64' || dtype === 'int32' ? fitInteger : fitFloat;
  return values[0]!.map((value, k) => {
    const own = values.map((v) => v[k]!);
    if (own.every((x) => Object.is(x, value))) return value;
    const found = fit(axes, own);
    if (found) return found;
    throw differently(node, `a constant operand takes the values ${own.slice(0, 4).join(', ')}`, axes);
  });
}

function numbersOf({ dataType, data }: OnnxTensor): number[] {
  const { buffer } = data.slice();
  if (dataType === DataType.INT64) return Array.from(new BigInt64Array(buffer), Number);
  if (dataType === DataType.INT32) return Array.from(new Int32Array(buffer));
  if (dataType === DataType.DOUBLE) return Array.from(new Float64Array(buffer));
  return dataType === DataType.FLOAT ? Array.from(new Float32Array(buffer)) : [];
}

function outputDimension(
  graphs: readonly OnnxGraph[],
  output: number,
  axis: number,
  axes: Axes,
): number | string | undefined {
  const seen = graphs.map((graph) => graph.outputs[output]!.shape![axis] as number);
  const fit = fitInteger(axes, seen);
  if (fit?.kind !== 'polynomial') return undefined;
  return constantOf(fit.polynomial) ?? showPolynomial(fit.polynomial);
}

/** The error for a node that is not the same at every size but for numbers that follow from the sizes. */
function differently(node: OnnxNode, how: string, axes: Axes): ExportError {
  const names = [...axes.places.keys()].map((axis) => `'${axis}'`).join(' or ');
  return new ExportError(
    `operator ${node.opType} depends on the axis ${names} in a way that cannot be written for every size: ${how}; ` +
      'make masks and positions with iota and comparisons, averages with mean, and do not repeat steps once for each element; or give the axis a fixed size',
  );
}
