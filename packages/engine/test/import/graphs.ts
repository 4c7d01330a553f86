import {
  DataType,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from '../../src/onnx/model.js';
import { floats, graph, model, node } from '../onnx/models.js';

/** Models of a few nodes, made for tests. */

/** The results of nodes that take the last one's, in a chain from 'x' to 'y', where names are not given. */
export function build(
  nodes: readonly OnnxNode[],
  more: {
    readonly inputs?: Readonly<Record<string, readonly (number | string)[]>>;
    readonly initializers?: readonly OnnxTensor[];
    readonly outputs?: readonly string[];
    readonly version?: number;
    readonly functions?: OnnxModel['functions'];
  } = {},
): OnnxModel {
  const info = (name: string, shape: readonly (number | string)[] | undefined) => ({
    name,
    dataType: DataType.FLOAT,
    shape,
  });
  return model(
    graph([...nodes], {
      initializers: more.initializers ?? [],
      inputs: Object.entries(more.inputs ?? { x: ['n', 4] }).map(([name, shape]) => info(name, shape)),
      outputs: (more.outputs ?? ['y']).map((name) => info(name, undefined)),
    }),
    {
      opsets: [
        { domain: '', version: more.version ?? 21 },
        { domain: 'com.microsoft', version: 1 },
        { domain: 'ai.onnx.ml', version: 1 },
        { domain: 'local', version: 1 },
      ],
      ...(more.functions && { functions: more.functions }),
    },
  );
}

export function weights(
  name: string,
  dims: readonly number[],
  at = (i: number) => Math.sin(i + 1),
): OnnxTensor {
  const size = dims.reduce((a, b) => a * b, 1);
  return {
    name,
    dataType: DataType.FLOAT,
    dims,
    data: floats(...Array.from({ length: size }, (_, i) => at(i))),
  };
}

export function int64s(name: string, ...values: number[]): OnnxTensor {
  const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return { name, dataType: DataType.INT64, dims: [values.length], data };
}

/** Attributes from plain values: integers, lists of them and text; other numbers as `{ float }` and `{ floats }`. */
export function attributes(
  plain: Readonly<
    Record<
      string,
      | number
      | string
      | readonly number[]
      | { readonly float: number }
      | { readonly floats: readonly number[] }
    >
  >,
): Record<string, OnnxAttribute> {
  return Object.fromEntries(
    Object.entries(plain).map(([name, value]): [string, OnnxAttribute] => {
      if (typeof value === 'number') return [name, { type: 'int', value }];
      if (typeof value === 'string') return [name, { type: 'string', value }];
      if ('floats' in value) return [name, { type: 'floats', value: value.floats }];
      if ('float' in value) return [name, { type: 'float', value: value.float }];
      return [name, { type: 'ints', value }];
    }),
  );
}

/** A node named by its output. */
export function op(
  opType: string,
  inputs: string[],
  outputs: string | string[],
  plain: Parameters<typeof attributes>[0] = {},
  domain = '',
): OnnxNode {
  const names = typeof outputs === 'string' ? [outputs] : outputs;
  return node(opType, inputs, names, { name: `node_${names[0]}`, attributes: attributes(plain), domain });
}
