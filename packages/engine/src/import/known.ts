import type { DType } from '../graph/dtype.js';
import { sizeOf } from '../graph/shape.js';
import { convert, type Tensor } from '../graph/tensor.js';
import { reachable, type Value } from '../graph/value.js';
import { constantOf, isOp, ruleOf } from '../ops/apply.js';
import { foldBroadcast } from '../ops/folding.js';
import type { Op } from '../ops/rule.js';

/** Shapes, axes and pads are small. */
const largest = 4096;

/**
 * The data of a value that depends on no input, computed while tracing, or undefined. Unlike the folding of constants as they
 * arise, this looks through ranges and broadcasts, which stay operators in the graph so that an exported model can size them.
 */
export function knownTensor(v: Value): Tensor | undefined {
  const direct = constantOf(v);
  if (direct) return direct;
  if (sizeOf(v.shape) > largest) return undefined;
  const found = new Map<Value, Tensor>();
  for (const node of reachable([v])) {
    const [y] = node.outputs;
    if (!y || node.outputs.length > 1) return undefined;
    const constants = node.inputs.map((x) => found.get(x)!);
    const tensor =
      constantOf(y) ??
      (sizeOf(y.shape) > largest
        ? undefined
        : isOp(node, 'iota')
          ? iotaTensor(node.attributes.size, y.dtype)
          : isOp(node, 'broadcastTo')
            ? { dtype: y.dtype, shape: y.shape, data: foldBroadcast(constants[0]!, y.shape) }
            : foldedBy(node.op as Op, constants, y));
    if (!tensor) return undefined;
    found.set(y, tensor);
  }
  return found.get(v);
}

function foldedBy(op: Op, constants: readonly Tensor[], y: Value): Tensor | undefined {
  const data = ruleOf(op).fold?.(constants, y.node.attributes as never, y);
  return data && { dtype: y.dtype, shape: y.shape, data };
}

function iotaTensor(size: number, dtype: DType): Tensor {
  return {
    dtype,
    shape: [size],
    data: convert(
      Array.from({ length: size }, (_, i) => i),
      dtype,
    ),
  };
}
