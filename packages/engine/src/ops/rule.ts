import type { DType } from '../graph/dtype.js';
import type { Tensor } from '../graph/tensor.js';
import type { Node, Type, Value } from '../graph/value.js';
import type { OpAttributes } from './attributes.js';

/** Names of operators. */
export type Op = keyof OpAttributes;

/** A node whose attributes are known to be those of an operator. */
export interface NodeOf<O extends Op> extends Node {
  readonly attributes: OpAttributes[O];
}

/** What an operator's emission may write into the ONNX graph. Names are those of ONNX values. */
export interface Emitter {
  /** Whether the target has the runtime's blocked convolution kernels, which are no part of ONNX. */
  readonly blocked: boolean;
  /** Whether the model is run on one thread only, where kernels will do that are not safe on several. */
  readonly serial: boolean;
  /** Whether only ONNX's own operators may be written, none of the runtime's additional ones. */
  readonly portable: boolean;
  /** Adds a node with one output and returns the output's name. */
  node(opType: string, inputs: readonly string[], attributes?: OnnxAttributes, domain?: Domain): string;
  /** Adds a node with several outputs; unused trailing ones are simply not asked for. */
  nodeWithOutputs(
    opType: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: OnnxAttributes,
    domain?: Domain,
  ): string[];
  /** An initializer; equal ones are shared. */
  constant(t: Tensor): string;
  /** A conversion of element type. */
  cast(input: string, dtype: DType): string;
  /** A one-dimensional int64 initializer, as shapes, axes and pads are given. */
  int64s(values: readonly number[]): string;
  /** A scalar of another value's element type. */
  scalar(value: number, like: Type): string;
}

export type Domain = '' | 'com.microsoft' | 'com.microsoft.nchwc';
export type OnnxAttributes = Readonly<
  Record<string, number | string | readonly number[] | { float: number }>
>;

/** An input of a checker's sample: a shape, and where its values may lie. */
export interface SampleInput {
  readonly shape: readonly number[];
  /** Range of a floating-point input; `avoid` keeps values at a distance from the points where the operator is not smooth. */
  readonly range?: readonly [number, number];
  readonly avoid?: readonly number[];
  /** Values are given outright, for indices and masks; such an input is not differentiated. */
  readonly fixed?: Tensor;
}

/** One case of an operator, from which the tests of its shape, its gradient and its second derivative are made. */
export interface Sample<O extends Op> {
  readonly inputs: readonly SampleInput[];
  readonly attributes: OpAttributes[O];
  /** The second derivative exists and is worth checking. */
  readonly smooth?: boolean;
}

/**
 * Vector-Jacobian product: cotangents of the outputs to cotangents of the inputs, written in operators, so that gradients
 * can be differentiated again. Undefined stands for zero. `needs[i]` tells whether the i-th input's cotangent is wanted.
 */
export type Vjp<O extends Op> = (
  node: NodeOf<O>,
  cotangents: readonly (Value | undefined)[],
  needs: readonly boolean[],
) => readonly (Value | undefined)[];

/** Everything the engine knows of an operator. */
export interface Rule<O extends Op> {
  /** Types of the outputs; throws a ShapeError for inputs that do not fit. */
  readonly infer: (inputs: readonly Value[], attributes: OpAttributes[O]) => readonly Type[];
  /** Writes the ONNX nodes and returns the names of the outputs. */
  readonly emit: (emitter: Emitter, inputs: readonly string[], node: NodeOf<O>) => readonly string[];
  /** Null says that the operator has no gradient (comparisons, indices). */
  readonly vjp: Vjp<O> | null;
  /** An equal value that is cheaper, if there is one. Only for operators with one output. */
  readonly simplify?: (inputs: readonly Value[], attributes: OpAttributes[O]) => Value | undefined;
  /** Computes small constants while tracing, chiefly shapes and indices of imported models. */
  readonly fold?: (
    inputs: readonly Tensor[],
    attributes: OpAttributes[O],
    type: Type,
  ) => Tensor['data'] | undefined;
  readonly samples: readonly Sample<O>[];
}

/** A part of the operator table. Its parts are put together in `table.ts`, where a missing operator does not compile. */
export type Rules<O extends Op> = { readonly [K in O]: Rule<K> };
