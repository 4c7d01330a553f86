import { ShapeError } from '../graph/errors.js';
import type { Shape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import type { Tree } from '../graph/tree.js';
import type { Type } from '../graph/value.js';
import type { OnnxGraph, OnnxModel, OnnxTensor, OnnxValueInfo } from '../onnx/model.js';
import { encodeModel } from '../onnx/proto.js';
import { currentBackend, type SessionOptions } from '../runtime/backend.js';
import { lower } from './lower.js';
import { trace } from './trace.js';

/** A compiled function of flat lists of tensors, for arguments of any sizes. */
export interface Inference {
  /** One call of the runtime. `into[i]`, where given, receives the i-th output in its own memory. */
  run(inputs: readonly Tensor[], into?: readonly (Tensor | undefined)[]): Promise<Tensor[]>;
  release(): Promise<void>;
}

/**
 * Compiles a function once for all sizes. It is traced at two sets of sizes; dimensions that differ between the two are
 * free. Parameters that the function uses as constants become part of the model, where the runtime packs them for its
 * products.
 *
 * @param args the arguments' types at the two sets of sizes, of the same structure
 * @throws {ShapeError} when what the function computes depends on a free size
 */
export async function compileInference(
  fn: (...args: never[]) => unknown,
  [first, second]: readonly [readonly Tree<Type>[], readonly Tree<Type>[]],
  options: SessionOptions = {},
): Promise<Inference> {
  const [one, two] = [first, second].map((args) => lower(trace(fn, args).graph)) as [
    ReturnType<typeof lower>,
    ReturnType<typeof lower>,
  ];
  needSame(one.model.graph, two.model.graph);
  const io = { inputs: one.inputNames, outputs: one.outputNames };
  return currentBackend().load(encodeModel(withFreeSizes(one.model, two.model)), io, options);
}

function needSame(one: OnnxGraph, two: OnnxGraph): void {
  const at = one.nodes.findIndex((node, i) => JSON.stringify(node) !== JSON.stringify(two.nodes[i]));
  if (at >= 0) {
    throw new ShapeError(`compileInference: the function depends on a free size: ${one.nodes[at]!.opType}`);
  }
  const constant = one.initializers.findIndex((c, i) => !sameTensor(c, two.initializers[i]!));
  if (constant >= 0 || one.nodes.length !== two.nodes.length) {
    throw new ShapeError('compileInference: the function depends on a free size: a constant');
  }
}

function sameTensor(a: OnnxTensor, b: OnnxTensor): boolean {
  if (a.data.buffer === b.data.buffer && a.data.byteOffset === b.data.byteOffset) return true;
  return a.data.length === b.data.length && a.data.every((byte, i) => byte === b.data[i]);
}

function withFreeSizes(one: OnnxModel, two: OnnxModel): OnnxModel {
  const free = (infos: readonly OnnxValueInfo[], others: readonly OnnxValueInfo[]) =>
    infos.map((info, i) => {
      const [a, b] = [info.shape as Shape, others[i]!.shape as Shape];
      return { ...info, shape: a.map((d, j) => (d === b[j] ? d : `n${d}_${b[j]}`)) };
    });
  const { graph } = one;
  return {
    ...one,
    graph: {
      ...graph,
      inputs: free(graph.inputs, two.graph.inputs),
      outputs: free(graph.outputs, two.graph.outputs),
    },
  };
}
