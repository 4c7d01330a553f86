import { bytesPerElement, type DType } from '../graph/dtype.js';
import { convert, type Tensor } from '../graph/tensor.js';
import { reachable, type Type, type Value } from '../graph/value.js';
import {
  DataType,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from '../onnx/model.js';
import { isOp, ruleOf } from '../ops/apply.js';
import type { Domain, Emitter, OnnxAttributes, Op } from '../ops/rule.js';
import type { Graph } from './trace.js';

/** The newest operator set that both of the runtime's packages take. */
const opset = 21;
const irVersion = 10;

export const onnxTypes: Readonly<Record<DType, number>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  float16: DataType.FLOAT16,
  int32: DataType.INT32,
  int64: DataType.INT64,
  int8: DataType.INT8,
  uint8: DataType.UINT8,
  bool: DataType.BOOL,
};

/** Names by which a lowered model takes its inputs and gives its outputs. */
export interface LoweredModel {
  readonly model: OnnxModel;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
}

/** What a model is lowered for. */
export interface LowerOptions {
  readonly name?: string;
  /** The target has the runtime's blocked convolution kernels. Leave out for a model that others are to run. */
  readonly blocked?: boolean;
  /** The model will be run on one thread only. */
  readonly serial?: boolean;
  /** Only ONNX's own operators, for runtimes that lack ONNX Runtime's additional ones. */
  readonly portable?: boolean;
}

/** Writes a graph as an ONNX model: one node list in topological order, constants as initializers. */
export function lower(graph: Graph, options: LowerOptions = {}): LoweredModel {
  const { name = 'tutelage', blocked = false, serial = false, portable = false } = options;
  const writer = new Writer({ blocked, serial, portable });
  const names = new Map<Value, string>();
  const inputNames = graph.inputs.map((_, i) => `i${i}`);
  const inputTypes: Type[] = [...graph.inputs];
  for (const node of reachable(graph.outputs)) {
    if (isOp(node, 'input')) {
      names.set(node.outputs[0]!, inputNames[node.attributes.index]!);
      continue;
    }
    if (node.op === 'foldKey') continue;
    if (isOp(node, 'draw')) {
      // Random numbers come from outside, as inputs behind the function's own.
      names.set(node.outputs[0]!, `i${inputTypes.length}`);
      inputNames.push(`i${inputTypes.length}`);
      inputTypes.push(node.outputs[0]!);
      continue;
    }
    const inputs = node.inputs.map((v) => names.get(v)!);
    const outputs = ruleOf(node.op as Op).emit(writer, inputs, node as never);
    node.outputs.forEach((v, i) => {
      if (outputs[i] !== undefined) names.set(v, outputs[i]);
    });
  }
  const outputNames = graph.outputs.map((_, i) => `o${i}`);
  const nodes = withOutputs(
    writer.nodes,
    graph.outputs.map((v) => names.get(v)!),
    outputNames,
  );
  const info = (names: readonly string[], types: readonly Type[]): OnnxValueInfo[] =>
    names.map((n, i) => ({ name: n, dataType: onnxTypes[types[i]!.dtype], shape: types[i]!.shape }));
  const model: OnnxModel = {
    irVersion,
    opsets: [
      { domain: '', version: opset },
      { domain: 'com.microsoft', version: 1 },
      ...(blocked ? [{ domain: 'com.microsoft.nchwc', version: 1 }] : []),
    ],
    producerName: 'tutelage',
    metadata: {},
    graph: {
      name,
      nodes,
      initializers: writer.initializers,
      inputs: info(inputNames, inputTypes),
      outputs: info(outputNames, graph.outputs),
    },
  };
  return { model, inputNames, outputNames };
}

/**
 * Gives values the names of outputs. ONNX wants each output to be a node's result and to be listed once: an Identity is one for inputs,
 * constants and what is given twice. It would be one for all, but the runtime copies by it what is needed inside as well.
 */
function withOutputs(
  nodes: readonly OnnxNode[],
  values: readonly string[],
  outputs: readonly string[],
): OnnxNode[] {
  const results = new Set(nodes.flatMap((node) => node.outputs));
  const renamed = new Map<string, string>();
  const copies: OnnxNode[] = [];
  values.forEach((value, i) => {
    const output = outputs[i]!;
    if (results.has(value) && !renamed.has(value)) renamed.set(value, output);
    else {
      const inputs = [renamed.get(value) ?? value];
      copies.push({ opType: 'Identity', domain: '', name: '', inputs, outputs: [output], attributes: {} });
    }
  });
  const rename = (names: readonly string[]) => names.map((name) => renamed.get(name) ?? name);
  return [
    ...nodes.map((node) => ({ ...node, inputs: rename(node.inputs), outputs: rename(node.outputs) })),
    ...copies,
  ];
}

/** Collects nodes and initializers, and gives names, which start with a prefix. */
export class Writer implements Emitter {
  readonly blocked: boolean;
  readonly serial: boolean;
  readonly portable: boolean;
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  readonly #shared = new Map<string, string>();
  readonly #own = new WeakMap<Tensor, string>();
  #next = 0;

  readonly #prefix: string;

  constructor(target: Pick<Emitter, 'blocked' | 'serial' | 'portable'>, prefix = '') {
    this.blocked = target.blocked;
    this.serial = target.serial;
    this.portable = target.portable;
    this.#prefix = prefix;
  }

  node(opType: string, inputs: readonly string[], attributes?: OnnxAttributes, domain: Domain = ''): string {
    return this.nodeWithOutputs(opType, inputs, 1, attributes, domain)[0]!;
  }

  nodeWithOutputs(
    opType: string,
    inputs: readonly string[],
    outputs: number,
    attributes: OnnxAttributes = {},
    domain: Domain = '',
  ): string[] {
    const names = Array.from({ length: outputs }, () => this.#fresh());
    this.nodes.push({
      opType,
      domain,
      name: '',
      inputs: [...inputs],
      outputs: names,
      attributes: toOnnx(attributes),
    });
    return names;
  }

  cast(input: string, dtype: DType): string {
    return this.node('Cast', [input], { to: onnxTypes[dtype] });
  }

  int64s(values: readonly number[]): string {
    return this.constant({
      dtype: 'int64',
      shape: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
  }

  scalar(value: number, like: Type): string {
    return this.constant({ dtype: like.dtype, shape: [], data: convert([value], like.dtype) });
  }

  constant(t: Tensor): string {
    const bytes = new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.length * bytesPerElement(t.dtype));
    const key = bytes.length <= 64 ? `${t.dtype}${t.shape.join()}:${bytes.join()}` : undefined;
    const known = key === undefined ? this.#own.get(t) : this.#shared.get(key);
    if (known !== undefined) return known;
    const name = `${this.#prefix}c${this.initializers.length}`;
    this.initializers.push({ name, dataType: onnxTypes[t.dtype], dims: t.shape, data: bytes });
    if (key === undefined) this.#own.set(t, name);
    else this.#shared.set(key, name);
    return name;
  }

  #fresh(): string {
    return `${this.#prefix}v${this.#next++}`;
  }
}

function toOnnx(attributes: OnnxAttributes): Record<string, OnnxAttribute> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]): [string, OnnxAttribute] => {
      if (typeof value === 'number') return [name, { type: 'int', value }];
      if (typeof value === 'string') return [name, { type: 'string', value }];
      if ('float' in value) return [name, { type: 'float', value: value.float }];
      return [name, { type: 'ints', value }];
    }),
  );
}
