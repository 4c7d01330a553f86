import { type Shape, showShape, sizeOf } from '../graph/shape.js';
import { type Tensor, tensor } from '../graph/tensor.js';
import { leavesOf, type Tree } from '../graph/tree.js';
import { fillNormal, fillUniform } from '../random/fill.js';
import type { Key } from '../random/keys.js';

/** Makes a parameter of a shape from a key. Shapes are as PyTorch keeps them: [outputs, inputs, ...kernel]. */
export type Initializer = (key: Key, shape: Shape) => Tensor;

const filled = (value: number) => (shape: Shape) =>
  tensor(new Float32Array(sizeOf(shape)).fill(value), shape);

export const zeros: (shape: Shape) => Tensor = filled(0);
export const ones: (shape: Shape) => Tensor = filled(1);

/** Normal numbers of a standard deviation around zero. */
export function normal(deviation: number): Initializer {
  return (key, shape) => {
    const data = new Float32Array(sizeOf(shape));
    fillNormal(data, key);
    return tensor(
      data.map((x) => x * deviation),
      shape,
    );
  };
}

/** Uniform numbers between -limit and limit. */
export function uniform(limit: number): Initializer {
  return (key, shape) => {
    const data = new Float32Array(sizeOf(shape));
    fillUniform(data, key);
    return tensor(
      data.map((x) => (2 * x - 1) * limit),
      shape,
    );
  };
}

/** Inputs and outputs of one unit, kernel positions counted. */
function fans(shape: Shape): { fanIn: number; fanOut: number } {
  const kernel = sizeOf(shape.slice(2));
  return { fanIn: (shape[1] ?? 1) * kernel, fanOut: (shape[0] ?? 1) * kernel };
}

/** Uniform within sqrt(3) gain / sqrt(fan in) (He et al. 2015). Gain sqrt(2) suits ReLU; 1 / sqrt(3) is PyTorch's default for layers. */
export function kaimingUniform(gain = Math.SQRT2): Initializer {
  return (key, shape) => uniform(gain * Math.sqrt(3 / fans(shape).fanIn))(key, shape);
}

/** Normal with deviation gain / sqrt(fan in) (He et al. 2015). */
export function kaimingNormal(gain = Math.SQRT2): Initializer {
  return (key, shape) => normal(gain / Math.sqrt(fans(shape).fanIn))(key, shape);
}

/** Uniform within sqrt(6 / (fan in + fan out)) (Glorot & Bengio 2010). */
export function xavierUniform(): Initializer {
  return (key, shape) => {
    const { fanIn, fanOut } = fans(shape);
    return uniform(Math.sqrt(6 / (fanIn + fanOut)))(key, shape);
  };
}

/** Number of parameters in a tree. */
export function countParameters(params: Tree<Tensor>): number {
  return leavesOf<Tensor>(params).reduce((n, { leaf }) => n + leaf.data.length, 0);
}

/** A table of a model's parameters: name, shape and count, with the total and its size in memory. */
export function summary(params: Tree<Tensor>): string {
  const rows = leavesOf<Tensor>(params).map(({ path, leaf }) => [
    path,
    showShape(leaf.shape),
    leaf.data.length.toLocaleString('en'),
  ]);
  const total = countParameters(params);
  const all = [['parameter', 'shape', 'count'], ...rows, ['total', '', total.toLocaleString('en')]];
  const width = (i: number) => Math.max(...all.map((row) => row[i]!.length));
  const [name, shape, count] = [width(0), width(1), width(2)];
  const lines = all.map(([a, b, c]) => `${a!.padEnd(name)}  ${b!.padEnd(shape)}  ${c!.padStart(count)}`);
  const bytes = leavesOf<Tensor>(params).reduce((n, { leaf }) => n + leaf.data.byteLength, 0);
  return `${lines.join('\n')}\n${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
