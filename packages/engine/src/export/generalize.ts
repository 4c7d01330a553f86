import { Writer } from '../compile/lower.js';
import type { DType } from '../graph/dtype.js';
import { showShape } from '../graph/shape.js';
import { DataType, type OnnxGraph, type OnnxNode, type OnnxTensor } from '../onnx/model.js';
import type { Axes } from './axes.js';
import { ExportError } from './errors.js';
import { type Fit, fitFloat, fitInteger } from './fit.js';
import { constantOf, showPolynomial } from './polynomial.js';
import { numberOf, sizeNodes } from './size-nodes.js';

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
  const [first] = graphs as [OnnxGraph, ...OnnxGraph[]];
  const constants = graphs.map((graph) => new Map(graph.initializers.map((t) => [t.name, t])));
  const writer = new Writer({ blocked: false, serial: false, portable: true }, 'size_');
  const write = sizeNodes(writer, axes.places);
  const used = new Set<string>();

  const input = (node: OnnxNode, i: number, at: number): string => {
    const name = node.inputs[i]!;
    const operands = graphs.map((graph) => graph.nodes[at]!.inputs[i]!);
    const seen = operands.flatMap((operand, trial) => constants[trial]!.get(operand) ?? []);
    if (seen.length < graphs.length) {
      const other = operands.findIndex((operand) => operand !== name);
      if (seen.length === 0 && other < 0) return name;
      throw differently(node, `its operand ${i} is another value`, axes, Math.max(other, 1));
    }
    const [tensor] = seen as [OnnxTensor, ...OnnxTensor[]];
    if (seen.every((t) => sameTensor(t, tensor))) {
      used.add(name);
      return name;
    }
    const fits = fitElements(node, seen, axes);
    const open = node.opType === 'Reshape' && i === 1 ? inferable(fits) : -1;
    const elements = fits.map((fit, k) => {
      if (k === open) return -1;
      if (fit !== undefined) return fit;
      const values = seen.map((t) => numbersOf(t)[k]!);
      const differs = values.findIndex((v) => v !== values[0]);
      throw differently(node, `a constant operand takes the values ${values.join(', ')}`, axes, differs);
    });
    return write({ dtype: fittedTypes[tensor.dataType]!, shape: tensor.dims, elements });
  };

  graphs.forEach((other, trial) => {
    const count = Math.max(first.nodes.length, other.nodes.length);
    for (let at = 0; at < count; at++) {
      const [a, b] = [first.nodes[at], other.nodes[at]];
      const problem = difference(a, b);
      if (problem) throw differently((a ?? b)!, problem, axes, trial);
    }
  });
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

/** What tells two nodes apart, other than their operands. */
function difference(a: OnnxNode | undefined, b: OnnxNode | undefined): string | undefined {
  if (!a || !b) return 'it is not there at every size';
  if (a.opType !== b.opType || a.domain !== b.domain) return `at another size there is ${b.opType} instead`;
  if (a.inputs.length !== b.inputs.length || a.outputs.length !== b.outputs.length) {
    return 'its numbers of operands or results differ';
  }
  const text = (node: OnnxNode, key: string) => JSON.stringify(node.attributes[key]);
  const name = Object.keys({ ...a.attributes, ...b.attributes }).find((key) => text(a, key) !== text(b, key));
  return name === undefined ? undefined : `its attribute ${name} differs`;
}

function sameTensor(a: OnnxTensor, b: OnnxTensor): boolean {
  if (a.dataType !== b.dataType || a.dims.join() !== b.dims.join()) return false;
  const oneMemory = a.data.buffer === b.data.buffer && a.data.byteOffset === b.data.byteOffset;
  return oneMemory || a.data.every((byte, i) => byte === b.data[i]);
}

/** The dimension that a reshape can find by itself: the only one without a formula, else the only one that is not a number. */
function inferable(fits: readonly (number | Fit | undefined)[]): number {
  if (fits.includes(0)) return -1;
  const unknown = fits.filter((fit) => fit === undefined).length;
  const open = fits.flatMap((fit, k) => {
    const isOpen = unknown > 0 ? fit === undefined : numberOf(fit!) === undefined;
    return isOpen ? [k] : [];
  });
  return open.length === 1 ? open[0]! : -1;
}

/** How each element of a constant operand follows from the sizes; undefined where no formula was found. */
function fitElements(node: OnnxNode, seen: readonly OnnxTensor[], axes: Axes): (number | Fit | undefined)[] {
  const [tensor] = seen as readonly [OnnxTensor];
  const dtype = fittedTypes[tensor.dataType];
  const shapes = seen.map((t) => showShape(t.dims));
  const other = shapes.findIndex((shape) => shape !== shapes[0]);
  if (other > 0) {
    const how = `a constant operand has the shape ${shapes[0]} at one size and ${shapes[other]} at another`;
    throw differently(node, how, axes, other);
  }
  const differs = seen.findIndex((t) => !sameTensor(t, tensor));
  const values = seen.map(numbersOf);
  if (dtype === undefined || values[0]!.length > mostElements) {
    throw differently(node, `a constant operand of shape ${shapes[0]} has other values`, axes, differs);
  }
  const fit = dtype === 'int64' || dtype === 'int32' ? fitInteger : fitFloat;
  return values[0]!.map((value, k) => {
    const own = values.map((v) => v[k]!);
    return own.every((x) => Object.is(x, value)) ? value : fit(axes, own);
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

/**
 * The error for a node that is not the same at every size but for numbers that follow from the sizes.
 *
 * @param trial the first that differs from trial 0
 */
function differently(node: OnnxNode, how: string, axes: Axes, trial: number): ExportError {
  const [before, after] = [axes.trials[0]!, axes.trials[trial]!];
  const changed = Object.keys(after).filter((axis) => after[axis] !== before[axis]);
  const names = changed.map((axis) => `'${axis}'`).join(' or ');
  return new ExportError(
    `operator ${node.opType} depends on the axis ${names} in a way that cannot be written for every size: ${how}; ` +
      'make masks and positions with iota and comparisons, take averages with mean, pass tables as parameters, do not repeat a step for each element; or give the axis a fixed size',
  );
}
