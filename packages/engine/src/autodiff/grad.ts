import { isFloat } from '../graph/dtype.js';
import { ShapeError } from '../graph/errors.js';
import { nameKind } from '../graph/tensor.js';
import { leavesOf, mapTree, type Tree } from '../graph/tree.js';
import { type Node, reachable, Value } from '../graph/value.js';
import { applyAll, constant, isOp, ruleOf, showType } from '../ops/apply.js';
import { add } from '../ops/elementwise.js';
import { matmul } from '../ops/matmul.js';
import type { Op } from '../ops/rule.js';
import { concat, zerosLike } from '../ops/shape.js';
import { after, leaf } from '../ops/sources.js';

/** What a differentiable function returns: a scalar, or a scalar and whatever else one wants out of it. */
export type Objective = Value | readonly [Value, unknown];

export interface ValueAndGrad<P, R extends Objective> {
  /** The scalar. */
  readonly value: Value;
  /** What the function returned beside the scalar. */
  readonly aux: R extends readonly [Value, infer Aux] ? Aux : undefined;
  /** The gradient, with the structure of the first argument. */
  readonly grad: P;
}

/**
 * A function that gives the scalar value of `fn` together with its gradient with respect to the first argument.
 * Reverse mode; the gradient is made of operators, so that it can be differentiated again.
 *
 * @throws {ShapeError} when `fn` does not return a scalar
 */
export function valueAndGrad<P extends Tree<Value>, Rest extends readonly unknown[], R extends Objective>(
  fn: (params: P, ...rest: Rest) => R,
): (params: P, ...rest: Rest) => ValueAndGrad<P, R> {
  return (params, ...rest) => {
    const own = mapTree<Value, Value>(params, leaf) as P;
    const result = fn(own, ...rest);
    const [value, aux] = Array.isArray(result) ? (result as [Value, unknown]) : [result as Value, undefined];
    if (!(value instanceof Value))
      throw new ShapeError(`grad: the function must return a traced scalar: ${nameKind(value)}`);
    if (value.rank !== 0)
      throw new ShapeError(
        `grad: the function must return a scalar: ${showType(value)}; take its mean or sum`,
      );
    const leaves = leavesOf<Value>(own).map((l) => l.leaf);
    const cotangents = vjp([value], [constant(1, value.dtype)], leaves);
    const found = new Map(leaves.map((l, i) => [l, cotangents[i]]));
    const grad = mapTree<Value, Value>(own, (l) => found.get(l) ?? zerosLike(l)) as P;
    return { value, aux: aux as ValueAndGrad<P, R>['aux'], grad };
  };
}

/** The gradient of a scalar function with respect to its first argument. See `valueAndGrad`. */
export function grad<P extends Tree<Value>, Rest extends readonly unknown[]>(
  fn: (params: P, ...rest: Rest) => Objective,
): (params: P, ...rest: Rest) => P {
  const both = valueAndGrad(fn);
  return (params, ...rest) => both(params, ...rest).grad;
}

/**
 * Cotangents of `sources` from cotangents of `outputs` (vector-Jacobian product). Undefined where nothing depends.
 * A source is an end of the way back: what it was made from is not looked at.
 */
export function vjp(
  outputs: readonly Value[],
  cotangents: readonly Value[],
  sources: readonly Value[],
): (Value | undefined)[] {
  const wanted = new Set(sources);
  const order = reachable(outputs);
  const active = dependents(order, wanted);
  const isActive = (v: Value) => isFloat(v.dtype) && (active.has(v.node) || wanted.has(v));
  const gathered = new Map<Value, Value[]>();
  const accumulate = (v: Value, g: Value) => {
    const sofar = gathered.get(v);
    if (sofar) sofar.push(g);
    else gathered.set(v, [g]);
  };
  const cotangentOf = (v: Value) => {
    const terms = gathered.get(v);
    return terms && total(terms);
  };
  outputs.forEach((v, i) => {
    accumulate(v, cotangents[i]!);
  });
  for (const node of order.reverse()) {
    if (!active.has(node) || node.outputs.some((v) => wanted.has(v))) continue;
    const incoming = node.outputs.map(cotangentOf);
    if (incoming.every((g) => g === undefined)) continue;
    if (node.op === 'checkpoint') {
      for (const { value, cotangent } of computedAgain(node, incoming[0]!, isActive))
        accumulate(value, cotangent);
      continue;
    }
    const rule = ruleOf(node.op as Op);
    if (!rule.vjp) continue;
    const needs = node.inputs.map(isActive);
    rule.vjp(node as never, incoming, needs).forEach((g, i) => {
      if (g && needs[i]) accumulate(node.inputs[i]!, g);
    });
  }
  return sources.map(cotangentOf);
}

/**
 * Cotangents through a stretch that is computed again (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): of its input and of
 * what it uses beside it. That begins when the cotangent is known, and the way back goes on when the stretch is done with.
 */
function computedAgain(
  node: Node,
  cotangent: Value,
  isActive: (v: Value) => boolean,
): { readonly value: Value; readonly cotangent: Value }[] {
  const [y, x] = node.inputs as [Value, Value];
  const now = new Map([[x, after(x, cotangent)]]);
  const used = new Set<Value>();
  for (const { op, inputs, attributes, outputs } of reachable([y])) {
    if (!inputs.some((v) => now.has(v))) continue;
    for (const v of inputs) if (!now.has(v) && isActive(v)) used.add(v);
    const again = applyAll(
      op as Op,
      inputs.map((v) => now.get(v) ?? v),
      attributes as never,
    );
    outputs.forEach((v, i) => {
      now.set(v, again[i]!);
    });
  }
  if (!now.has(y)) return [{ value: y, cotangent }];
  const [own, ...others] = vjp([now.get(y)!], [cotangent], [now.get(x)!, ...used]);
  const found = [...used].flatMap((value, i) => {
    const its = others[i];
    return its ? [{ value, cotangent: its }] : [];
  });
  return own ? [{ value: x, cotangent: after(own, ...found.map((f) => f.cotangent)) }, ...found] : found;
}

/** As many products of one form or more are worth one product of their concatenation. */
const manyProducts = 4;

/** The sum of the contributions to a cotangent. */
function total(terms: readonly Value[]): Value {
  return sumOfProducts(terms) ?? terms.reduce((a, b) => add(a, b));
}

/**
 * The weights of a recurrent net get a product A'B from every step. Their sum is one product of the steps' matrices below each
 * other, which runs at full speed where the single ones are too small to.
 */
function sumOfProducts(terms: readonly Value[]): Value | undefined {
  if (terms.length < manyProducts) return undefined;
  const products = terms.flatMap(({ node, rank }) =>
    isOp(node, 'matmul') && rank === 2 && node.attributes.transA && !node.attributes.transB ? [node] : [],
  );
  const { alpha } = products[0]?.attributes ?? { alpha: 1 };
  if (products.length < terms.length || products.some((p) => p.attributes.alpha !== alpha)) return undefined;
  const below = (i: 0 | 1) =>
    concat(
      products.map((p) => p.inputs[i]!),
      0,
    );
  return matmul(below(0), below(1), { transA: true, alpha });
}

/** Nodes through which an output depends on one of the sources. */
function dependents(order: readonly Node[], sources: ReadonlySet<Value>): Set<Node> {
  const active = new Set<Node>();
  for (const node of order) {
    if (node.outputs.some((v) => sources.has(v)) || node.inputs.some((v) => active.has(v.node)))
      active.add(node);
  }
  return active;
}
