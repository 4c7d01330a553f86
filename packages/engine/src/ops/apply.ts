import { type DType, isFloat } from '../graph/dtype.js';
import { ShapeError } from '../graph/errors.js';
import { showShape, sizeOf } from '../graph/shape.js';
import { convert, isTensor, nameKind, type Tensor, tensor } from '../graph/tensor.js';
import { currentTrace, type Node, type Type, Value } from '../graph/value.js';
import type { OpAttributes } from './attributes.js';
import type { NodeOf, Op, Rule } from './rule.js';
import { rules } from './table.js';

/** What operators take: a traced value, tensor data (which becomes a constant), or a number (which takes the other's type). */
export type Operand = Value | Tensor | number;

/** The rule of a node's operator. */
export function ruleOf<O extends Op>(op: O): Rule<O> {
  return rules[op] as Rule<O>;
}

/** Whether a node applies a given operator, which tells the type of its attributes. */
export function isOp<O extends Op>(node: Node, op: O): node is NodeOf<O> {
  return node.op === op;
}

/** Adds a node to the current trace, or finds an equal or cheaper value, and returns its first output. */
export function apply<O extends Op>(op: O, inputs: readonly Value[], attributes: OpAttributes[O]): Value {
  const rule = ruleOf(op);
  needTraced(op, inputs);
  const types = rule.infer(inputs, attributes);
  const type = types[0]!;
  const simpler = folded(rule, inputs, attributes, type) ?? rule.simplify?.(inputs, attributes);
  return simpler ?? currentTrace().add(op, inputs, attributes, types).outputs[0]!;
}

/** Like `apply`, for operators with several outputs. */
export function applyAll<O extends Op>(
  op: O,
  inputs: readonly Value[],
  attributes: OpAttributes[O],
): readonly Value[] {
  needTraced(op, inputs);
  return currentTrace().add(op, inputs, attributes, ruleOf(op).infer(inputs, attributes)).outputs;
}

function needTraced(op: Op, inputs: readonly Value[]): void {
  const trace = currentTrace();
  for (const v of inputs) {
    if (!(v instanceof Value)) throw new ShapeError(`${op}: a traced value is needed: ${nameKind(v)}`);
    if (!trace.owns(v)) {
      throw new ShapeError(
        `${op}: a value of another traced function: ${showType(v)}; make it an argument of this one`,
      );
    }
  }
}

function folded<O extends Op>(
  rule: Rule<O>,
  inputs: readonly Value[],
  attributes: OpAttributes[O],
  type: Type,
): Value | undefined {
  if (!rule.fold || inputs.length === 0 || sizeOf(type.shape) > currentTrace().foldLimit) return undefined;
  const constants: Tensor[] = [];
  for (const v of inputs) {
    const c = constantOf(v);
    if (!c) return undefined;
    constants.push(c);
  }
  const data = rule.fold(constants, attributes, type);
  return data && constant({ dtype: type.dtype, shape: type.shape, data });
}

/** A constant of the traced function. */
export function constant(value: Tensor | number, dtype: DType = 'float32'): Value {
  const data = isTensor(value) ? value : tensor(convert([value], dtype), [], dtype);
  return currentTrace().add('constant', [], { tensor: data }, [data]).outputs[0]!;
}

/** The data of a constant value, or undefined for a value that depends on inputs. */
export function constantOf(v: Value): Tensor | undefined {
  return isOp(v.node, 'constant') ? v.node.attributes.tensor : undefined;
}

/** The number that fills a constant value wholly, looking through broadcasts. */
export function splatOf(v: Value): number | undefined {
  if (isOp(v.node, 'broadcastTo')) return splatOf(v.node.inputs[0]!);
  const t = constantOf(v);
  return t?.data.length === 1 ? Number(t.data[0]) : undefined;
}

/** Traced values from operands; numbers take the element type of the first value or tensor among them. */
export function lift(where: string, ...operands: readonly Operand[]): Value[] {
  const typed = operands.find((x): x is Value | Tensor => typeof x !== 'number');
  const dtype = typed?.dtype ?? 'float32';
  const values = operands.map((x) => {
    if (x instanceof Value) return x;
    if (typeof x === 'number' || isTensor(x)) return constant(x, dtype);
    throw new ShapeError(`${where}: an operand must be a traced value, a tensor or a number: ${nameKind(x)}`);
  });
  for (const v of values) {
    if (v.dtype !== values[0]!.dtype) {
      throw new ShapeError(
        `${where}: element types differ: ${values.map(showType).join(' and ')}; cast one of them explicitly`,
      );
    }
  }
  return values;
}

/** A value of a floating-point type, for operators that are defined on these alone. */
export function needFloat(where: string, v: Value): Value {
  if (!isFloat(v.dtype)) throw new ShapeError(`${where}: a floating-point operand is needed: ${showType(v)}`);
  return v;
}

export function showType(t: Type): string {
  return `${t.dtype}${showShape(t.shape)}`;
}
