import { ShapeError } from '../graph/errors.js';
import type { Tensor } from '../graph/tensor.js';
import { toNumbers } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { ModelFileError } from '../onnx/errors.js';
import type { OnnxAttribute, OnnxGraph, OnnxNode } from '../onnx/model.js';
import type { Held } from './held.js';
import { knownTensor } from './known.js';
import { toTensor } from './tensors.js';

type AttributeTypes = { [A in OnnxAttribute as A['type']]: A['value'] };

/** Runs the graph that an attribute of the node holds, such as a branch of `If`, on values for its inputs. */
export type RunBody = (attribute: string, inputs: readonly Value[]) => readonly Value[];

/** One node being interpreted: its attributes and the values of its inputs. Indices of inputs are ONNX's. */
export class Call {
  constructor(
    readonly node: OnnxNode,
    /** Version of the operator set that gives the node its meaning. */
    readonly version: number,
    /** Undefined for omitted optional inputs. */
    readonly inputs: readonly (Value | undefined)[],
    readonly run: RunBody,
    /** The tensor that the node holds as an attribute, which may be a parameter. */
    readonly held: (part: Held['part']) => Value | undefined,
  ) {}

  /** A required input. */
  input(index: number): Value {
    const value = this.inputs[index];
    if (!value) throw new ModelFileError(`input missing: number ${index + 1}`);
    return value;
  }

  optional(index: number): Value | undefined {
    return this.inputs[index];
  }

  /** All inputs of an operator that takes any number. */
  all(): Value[] {
    if (this.inputs.length === 0) throw new ModelFileError('input missing: number 1');
    return this.inputs.map((_, i) => this.input(i));
  }

  /** Whether an output is named, which for optional ones means that it is wanted. */
  wants(output: number): boolean {
    return (this.node.outputs[output] ?? '') !== '';
  }

  attribute<K extends keyof AttributeTypes>(name: string, type: K): AttributeTypes[K] | undefined {
    const found = this.node.attributes[name];
    if (!found) return undefined;
    if (found.type !== type)
      throw new ModelFileError(`attribute '${name}' must be ${type}: it is ${found.type}`);
    return found.value as AttributeTypes[K];
  }

  int(name: string, missing?: number): number {
    return this.attribute(name, 'int') ?? needed(name, missing);
  }

  flag(name: string, missing = false): boolean {
    return this.int(name, missing ? 1 : 0) !== 0;
  }

  float(name: string, missing?: number): number {
    return this.attribute(name, 'float') ?? needed(name, missing);
  }

  string(name: string, missing?: string): string {
    return this.attribute(name, 'string') ?? needed(name, missing);
  }

  /** A list of integers, or undefined when the attribute is absent. */
  ints(name: string): readonly number[] | undefined {
    return this.attribute(name, 'ints');
  }

  graph(name: string): OnnxGraph {
    return this.attribute(name, 'graph') ?? needed<OnnxGraph>(name, undefined);
  }

  tensor(name: string): Tensor | undefined {
    const found = this.attribute(name, 'tensor');
    return found && toTensor(found);
  }

  /** Numbers of an input that must not depend on the model's inputs, because shapes follow from them. */
  known(index: number): readonly number[] {
    const found = knownTensor(this.input(index));
    if (!found) {
      throw new ShapeError(
        `input '${this.node.inputs[index]}' decides about shapes and must not depend on the values of the model's inputs`,
      );
    }
    return toNumbers(found);
  }

  /** Integers of an input, as `known`. */
  knownInts(index: number): readonly number[] {
    const numbers = this.known(index);
    const odd = numbers.find((n) => !Number.isInteger(n));
    if (odd === undefined) return numbers;
    throw new ShapeError(`input '${this.node.inputs[index]}' must be integers: ${odd}`);
  }

  /** The one integer of an input, as `known`. */
  knownInt(index: number): number {
    this.knownInts(index);
    return this.knownNumber(index);
  }

  /** The one number of an input, as `known`. */
  knownNumber(index: number): number {
    const numbers = this.known(index);
    if (numbers.length !== 1) {
      throw new ShapeError(`input '${this.node.inputs[index]}' must be one number: it has ${numbers.length}`);
    }
    return numbers[0]!;
  }

  /** Integers that older operator sets have as an attribute and newer ones as an input; undefined when absent. */
  intsOrInput(name: string, index: number): readonly number[] | undefined {
    return this.ints(name) ?? (this.optional(index) && this.knownInts(index));
  }

  fail(problem: string): never {
    throw new ModelFileError(problem);
  }
}

function needed<T>(name: string, missing: T | undefined): T {
  if (missing === undefined) throw new ModelFileError(`attribute missing: '${name}'`);
  return missing;
}

/** What a node of one type computes. Outputs that a rule does not give may be named, but not used. */
export type ImportRule = (call: Call) => Value | readonly (Value | undefined)[];

export type ImportRules = Readonly<Record<string, ImportRule>>;
