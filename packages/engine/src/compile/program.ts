import { type Tensor, zerosTensor } from '../graph/tensor.js';
import type { Tree } from '../graph/tree.js';
import { reachable, type Type } from '../graph/value.js';
import { encodeModel } from '../onnx/proto.js';
import { isOp } from '../ops/apply.js';
import { type Draw, drawOf, fillDraw } from '../ops/random.js';
import { currentBackend, type SessionOptions } from '../runtime/backend.js';
import { lower } from './lower.js';
import { type Graph, trace } from './trace.js';

/** A compiled graph: flat lists of tensors in and out. */
export interface Program {
  readonly inputs: readonly Type[];
  readonly outputs: readonly Type[];
  /** The traced function's result, with positions among the outputs for values. */
  readonly result: Tree<number>;
  /** One call of the runtime. `into[i]`, where given, receives the i-th output in its own memory. */
  run(inputs: readonly Tensor[], into?: readonly (Tensor | undefined)[]): Promise<Tensor[]>;
  release(): Promise<void>;
}

/**
 * Traces a function, builds one ONNX model and loads it. Random numbers are made outside of the graph, by a fused kernel, from
 * the keys among the inputs, and enter it as further inputs.
 */
export async function compile(
  fn: (...args: never[]) => unknown,
  args: readonly Tree<Type>[],
  options: SessionOptions,
): Promise<Program> {
  const { graph, result } = trace(fn, args);
  const draws = drawsOf(graph);
  const backend = currentBackend();
  const blocked = await backend.blocked(options.device);
  const { model, inputNames, outputNames } = lower(graph, { blocked, serial: options.threads === 1 });
  const io = { inputs: inputNames, outputs: outputNames, types: graph.outputs };
  const session = await backend.load(encodeModel(model), io, options);
  const noise = draws.map((d) => zerosTensor(d.shape, d.dtype));
  let last: Promise<unknown> = Promise.resolve();
  return {
    inputs: graph.inputs,
    outputs: graph.outputs.map(({ dtype, shape }) => ({ dtype, shape })),
    result,
    run(inputs, into) {
      const call = async () => {
        draws.forEach((draw, i) => {
          fillDraw(draw, inputs, noise[i]!);
        });
        return session.run([...inputs, ...noise], into);
      };
      // Calls share the buffers of random numbers, so that one waits for the other.
      const running = draws.length === 0 ? call() : last.then(call, call);
      last = running;
      return running;
    },
    release: () => session.release(),
  };
}

/** The random draws of a graph, in the order in which lowering makes inputs of them. */
export function drawsOf(graph: Graph): Draw[] {
  return reachable(graph.outputs).flatMap((node) => (isOp(node, 'draw') ? [drawOf(node)] : []));
}
