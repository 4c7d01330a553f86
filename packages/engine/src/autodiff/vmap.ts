import { ShapeError } from '../graph/errors.js';
import { leavesOf, mapTree, type Tree } from '../graph/tree.js';
import { type Node, reachable, Value } from '../graph/value.js';
import { apply, isOp, showType } from '../ops/apply.js';
import { type BatchingRule, batchingRules, type LaneOperand, laneOf, stackLanes } from '../ops/batching.js';
import { foldIn } from '../ops/random.js';
import type { Op } from '../ops/rule.js';
import { stack } from '../ops/shape.js';
import { leaf } from '../ops/sources.js';

/**
 * What an argument holds for the lanes: a slice for each along the first axis of all its values (`stacked`), the same for all
 * (`shared`), or a random key from which each lane has one of its own, that of lane i being `foldIn(key, i)` (`keys`).
 */
export type LaneUse = 'stacked' | 'shared' | 'keys';

/**
 * Computes a function for several lanes at once: seeds of a model, examples whose gradients are wanted one by one. The function
 * is traced for a single lane and each of its operators is then put in a form for all lanes, so that the graph does not grow
 * with their number. Gradients may be taken inside and outside of it. The arithmetic is that of all lanes: what is saved is the
 * cost of calls and of small operators, which counts for small models alone.
 *
 * @param uses one for each argument; `stacked` where left out
 * @returns a function whose results have the lanes along a new first axis
 * @throws {ShapeError} when the numbers of lanes of the arguments differ, or there are none
 *
 * @example
 * // The gradient of each example: w is shared, x [examples, ...] and y [examples] are stacked.
 * const each = vmap(grad(loss), ['shared', 'stacked', 'stacked']);
 */
export function vmap<Args extends readonly unknown[], R>(
  fn: (...args: Args) => R,
  uses: { readonly [K in keyof Args]?: LaneUse } = {} as never,
): (...args: Args) => R {
  return (...args) => {
    const useOf = (i: number): LaneUse => (uses as readonly LaneUse[])[i] ?? 'stacked';
    const lanes = countLanes(args.filter((_, i) => useOf(i) === 'stacked'));
    const batched = new Map<Value, Value>();
    const keys = new Map<Value, readonly Value[]>();
    const single = args.map((arg, i) =>
      mapTree<Value, Value>(arg as Tree<Value>, (v) => {
        const use = useOf(i);
        if (use === 'shared') return v;
        const symbol = leaf(use === 'keys' ? v : laneOf({ value: v, stacked: true }, 0));
        if (use === 'stacked') batched.set(symbol, v);
        else
          keys.set(
            symbol,
            Array.from({ length: lanes }, (_, lane) => foldIn(v, lane)),
          );
        return symbol;
      }),
    );
    const result = fn(...(single as unknown as Args)) as Tree<unknown>;
    const wanted = leavesOf<unknown>(result).flatMap(({ leaf }) => (leaf instanceof Value ? [leaf] : []));
    for (const node of reachable(wanted)) batch(node, lanes, batched, keys);
    return mapTree<unknown, unknown>(result, (v) =>
      v instanceof Value ? (batched.get(v) ?? stackLanes({ value: v, stacked: false }, lanes)) : v,
    ) as R;
  };
}

function countLanes(args: readonly unknown[]): number {
  const values = args.flatMap((a) => leavesOf<Value>(a as Tree<Value>).map((l) => l.leaf));
  const lanes = values[0]?.shape[0];
  if (lanes === undefined || lanes === 0 || values.some((v) => v.shape[0] !== lanes)) {
    throw new ShapeError(
      `vmap: stacked arguments must have one number of lanes, at least 1, along their first axes: ${values.map(showType).join(', ')}`,
    );
  }
  return lanes;
}

/** Adds what a node's outputs are for all lanes, if they differ between lanes. */
function batch(
  node: Node,
  lanes: number,
  batched: Map<Value, Value>,
  keys: Map<Value, readonly Value[]>,
): void {
  const [first] = node.outputs as [Value];
  if (batched.has(first) || keys.has(first)) return;
  const own = node.inputs[0] && keys.get(node.inputs[0]);
  if (own) {
    if (isOp(node, 'draw'))
      batched.set(first, stack(own.map((key) => apply('draw', [key], node.attributes))));
    else if (isOp(node, 'foldKey'))
      keys.set(
        first,
        own.map((key) => apply('foldKey', [key], node.attributes)),
      );
    else throw new ShapeError(`vmap: keys are for random numbers alone: ${node.op} of a key`);
    return;
  }
  if (!node.inputs.some((v) => batched.has(v))) return;
  if (node.op === 'draw' || node.op === 'foldKey') {
    throw new ShapeError("vmap: a stack of keys can't be used: pass one key, as 'keys'");
  }
  const operands = node.inputs.map((v): LaneOperand => {
    const value = batched.get(v);
    return value ? { value, stacked: true } : { value: v, stacked: false };
  });
  const rule = batchingRules[node.op as keyof typeof batchingRules] as BatchingRule<Op>;
  rule(node as never, operands, lanes).forEach((v, i) => {
    batched.set(node.outputs[i]!, v);
  });
}
