import type { DType } from './dtype.js';
import { ShapeError } from './errors.js';
import type { Shape } from './shape.js';
import type { Tensor } from './tensor.js';

/** What is known of a value before it is computed. */
export interface Type {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Attributes are plain data, so that two nodes can be compared. */
export type AttributeValue = number | string | boolean | Tensor | readonly (number | string)[] | undefined;
export type Attributes = { readonly [name: string]: AttributeValue };

/** One application of an operator. Nodes are immutable and numbered in the order of creation, which is topological. */
export interface Node {
  readonly id: number;
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
}

/** A traced value: the result of a node, of which only the type is known while a function is being traced. */
export class Value implements Type {
  constructor(
    readonly node: Node,
    readonly index: number,
    readonly dtype: DType,
    readonly shape: Shape,
  ) {}

  get rank(): number {
    return this.shape.length;
  }

  /** Size of one dimension; negative axes count from the end. */
  dim(axis: number): number {
    const size = this.shape.at(axis);
    if (size === undefined) throw new RangeError(`dim: axis ${axis} is out of range for rank ${this.rank}`);
    return size;
  }
}

const smallConstant = 64;
const tensorIdentities = new WeakMap<Tensor, number>();
let nextIdentity = 0;

function attributeKey(value: AttributeValue): string {
  if (typeof value !== 'object') return Object.is(value, -0) ? '-0' : String(value);
  if (!('data' in value)) return `[${value.join(',')}]`;
  if (value.data.length <= smallConstant) return `${value.dtype}[${value.shape.join(',')}]${showData(value)}`;
  let identity = tensorIdentities.get(value);
  if (identity === undefined) {
    identity = nextIdentity++;
    tensorIdentities.set(value, identity);
  }
  return `tensor#${identity}`;
}

function showData(t: Tensor): string {
  return Array.from(t.data as ArrayLike<number | bigint>, (x) => (Object.is(x, -0) ? '-0' : String(x))).join(
    ',',
  );
}

/**
 * The nodes made while one function is traced. Equal nodes are made once (common subexpressions are shared as they arise):
 * an operator has no state, so the same operator on the same inputs with the same attributes is the same value.
 */
export class Trace {
  readonly nodes: Node[] = [];
  readonly #interned = new Map<string, Node>();

  /** @param foldLimit constants with more elements are not computed while tracing */
  constructor(readonly foldLimit = 4096) {}

  add(op: string, inputs: readonly Value[], attributes: Attributes, types: readonly Type[]): Node {
    let key = op;
    for (const v of inputs) key += `|${v.node.id}.${v.index}`;
    for (const name in attributes) key += `|${name}=${attributeKey(attributes[name])}`;
    const known = this.#interned.get(key);
    if (known) return known;
    const outputs: Value[] = [];
    const node: Node = { id: this.nodes.length, op, inputs, attributes, outputs };
    types.forEach((type, i) => {
      outputs.push(new Value(node, i, type.dtype, type.shape));
    });
    this.nodes.push(node);
    this.#interned.set(key, node);
    return node;
  }

  /** Whether a value was made while this function was traced. */
  owns(v: Value): boolean {
    return this.nodes[v.node.id] === v.node;
  }
}

let current: Trace | undefined;

/** The trace that operators add to. */
export function currentTrace(): Trace {
  if (!current) {
    throw new ShapeError(
      'no function is being traced: call operators inside a function given to jit or trace',
    );
  }
  return current;
}

/** Runs a function with a trace as the current one. */
export function withTrace<R>(trace: Trace, fn: () => R): R {
  const outer = current;
  current = trace;
  try {
    return fn();
  } finally {
    current = outer;
  }
}

/** Nodes that the outputs depend on, in topological order. */
export function reachable(outputs: readonly Value[]): Node[] {
  const seen = new Set<Node>();
  const stack = outputs.map((v) => v.node);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    for (const input of node.inputs) stack.push(input.node);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
