import { ShapeError } from '../graph/errors.js';
import { nameKind } from '../graph/tensor.js';
import { leavesOf, mapTree, type Tree } from '../graph/tree.js';
import { currentTrace, type Node, reachable, Trace, type Type, Value, withTrace } from '../graph/value.js';
import { apply, applyAll, constant, isOp, showType } from '../ops/apply.js';
import type { Op } from '../ops/rule.js';
import { input } from '../ops/sources.js';

/** A traced and simplified function of flat lists of values. */
export interface Graph {
  readonly inputs: readonly Type[];
  readonly outputs: readonly Value[];
}

/** A graph with the structure of the function's result. */
export interface TracedFunction {
  readonly graph: Graph;
  /** The result with each value replaced by its position among the graph's outputs. */
  readonly result: Tree<number>;
}

/**
 * Runs `fn` once on symbolic arguments and returns what it computes as a graph. Nothing is computed.
 *
 * @param args trees whose leaves give element type and shape (tensors will do)
 * @param foldLimit constants with more elements are left to be computed by the graph
 */
export function trace(
  fn: (...args: never[]) => unknown,
  args: readonly Tree<Type>[],
  foldLimit?: number,
): TracedFunction {
  const inputs: Type[] = [];
  const outputs: Value[] = [];
  const result = withTrace(new Trace(foldLimit), () => {
    const symbolic = args.map((arg) =>
      mapTree<Type, Value>(arg, (type) => {
        inputs.push({ dtype: type.dtype, shape: type.shape });
        return input(inputs.length - 1, type.dtype, type.shape);
      }),
    );
    const returned = (fn as (...args: unknown[]) => unknown)(...symbolic);
    if (leavesOf(returned as Tree<unknown>).length === 0)
      throw new ShapeError(
        'jit: the function returns nothing; return a traced value, or a list or record of them',
      );
    return mapTree<unknown, number>(returned as Tree<unknown>, (leaf, path) => {
      outputs.push(typeof leaf === 'number' ? constant(leaf) : needOwn(leaf, path));
      return outputs.length - 1;
    });
  });
  return { graph: simplify({ inputs, outputs }, foldLimit), result };
}

function needOwn(leaf: unknown, path: string): Value {
  const place = path || 'the result';
  if (leaf instanceof Promise)
    throw new ShapeError(`jit: the function must not be async: ${place} is a promise`);
  if (!(leaf instanceof Value))
    throw new ShapeError(`jit: the function must return traced values: ${place} is ${nameKind(leaf)}`);
  if (!currentTrace().owns(leaf))
    throw new ShapeError(`jit: ${place} is a value of another traced function: ${showType(leaf)}`);
  return leaf;
}

/**
 * Rebuilds a graph without what its outputs do not need and without the markers of differentiation. Nodes are made anew, so
 * that rules of simplification and the sharing of equal nodes see through the markers.
 */
export function simplify({ inputs, outputs }: Graph, foldLimit?: number): Graph {
  return withTrace(new Trace(foldLimit), () => {
    const now = new Map<Value, Value>();
    for (const node of reachable(outputs)) {
      const ins = node.inputs.map((v) => now.get(v)!);
      rebuilt(node, ins).forEach((v, i) => {
        now.set(node.outputs[i]!, v);
      });
    }
    return { inputs, outputs: outputs.map((v) => now.get(v)!) };
  });
}

/** What differentiation alone looks at. */
const markers: ReadonlySet<string> = new Set<Op>(['leaf', 'stopGradient', 'straightThrough', 'checkpoint']);

function rebuilt(node: Node, inputs: readonly Value[]): readonly Value[] {
  if (markers.has(node.op)) return [inputs[0]!];
  if (isOp(node, 'input'))
    return [input(node.attributes.index, node.attributes.dtype, node.attributes.shape)];
  if (isOp(node, 'constant')) return [constant(node.attributes.tensor)];
  const op = node.op as Op;
  return node.outputs.length === 1
    ? [apply(op, inputs, node.attributes as never)]
    : applyAll(op, inputs, node.attributes as never);
}

/** Leaves of trees, in the order in which `trace` numbers inputs and outputs. */
export function flatten<Leaf>(trees: readonly Tree<Leaf>[]): Leaf[] {
  return trees.flatMap((t) => leavesOf<Leaf>(t).map((l) => l.leaf));
}
