import {
  DataType,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from '../../src/onnx/proto.js';

/** Small models for tests. */

export const floats = (...values: number[]) => new Uint8Array(new Float32Array(values).buffer);

export function tensor(name: string, ...values: number[]): OnnxTensor {
  return { name, dataType: DataType.FLOAT, dims: [values.length], data: floats(...values) };
}

export function node(
  opType: string,
  inputs: string[],
  outputs: string[],
  more: Partial<OnnxNode> = {},
): OnnxNode {
  return { opType, domain: '', name: '', inputs, outputs, attributes: {}, ...more };
}

export function graph(nodes: OnnxNode[], more: Partial<OnnxGraph> = {}): OnnxGraph {
  const value = (name: string) => ({ name, dataType: DataType.FLOAT, shape: [2] });
  return { name: 'g', nodes, initializers: [], inputs: [value('x')], outputs: [value('y')], ...more };
}

export function model(of: OnnxGraph, more: Partial<OnnxModel> = {}): OnnxModel {
  return {
    irVersion: 10,
    opsets: [{ domain: '', version: 21 }],
    producerName: 'test',
    metadata: {},
    graph: of,
    ...more,
  };
}

/** A model with everything in it that the format can say. */
export const everything: OnnxModel = model(
  graph(
    [
      node('Everything', ['x', ''], ['y', '', 'z'], {
        name: 'all',
        domain: 'test',
        overload: 'second',
        attributes: {
          int: { type: 'int', value: -1 },
          zero: { type: 'int', value: 0 },
          big: { type: 'int', value: 2 ** 40 + 1 },
          minusBig: { type: 'int', value: -(2 ** 40) - 1 },
          last: { type: 'int', value: Number.MAX_SAFE_INTEGER },
          first: { type: 'int', value: -Number.MAX_SAFE_INTEGER },
          float: { type: 'float', value: -0.5 },
          string: { type: 'string', value: 'näïve ☃' },
          long: { type: 'string', value: 'é'.repeat(500) },
          empty: { type: 'string', value: '' },
          tensor: { type: 'tensor', value: tensor('t', 1, 2) },
          strings: { type: 'strings', value: ['', 'a', 'ß'] },
          ints: { type: 'ints', value: [0, -7, 300] },
          none: { type: 'ints', value: [] },
          floats: { type: 'floats', value: [0, 0.25] },
          tensors: { type: 'tensors', value: [tensor('', 3), tensor('', 4)] },
          graph: { type: 'graph', value: graph([node('Neg', ['x'], ['y'])]) },
          graphs: { type: 'graphs', value: [graph([]), graph([])] },
        },
      }),
    ],
    {
      initializers: [
        tensor('w', 1, 2, 3),
        { name: 'large', dataType: DataType.UINT8, dims: [40_000], data: new Uint8Array(40_000).fill(9) },
        { name: 'none', dataType: DataType.INT64, dims: [0, 4], data: new Uint8Array(0) },
        { name: 'nibbles', dataType: DataType.INT4, dims: [3], data: new Uint8Array([0x21, 0x03]) },
        { name: 'text', dataType: DataType.STRING, dims: [2], data: new Uint8Array(0), strings: ['a', 'ö'] },
        {
          name: 'elsewhere',
          dataType: DataType.FLOAT,
          dims: [2],
          data: new Uint8Array(0),
          external: { location: 'weights.bin', offset: 16, length: 8, checksum: 'a'.repeat(40) },
        },
      ],
      valueInfo: [
        { name: 'scalar', dataType: DataType.FLOAT, shape: [] },
        { name: 'unranked', dataType: DataType.INT64, shape: undefined },
        { name: 'dynamic', dataType: DataType.FLOAT16, shape: ['batch', undefined, 0, 3] },
        { name: 'untyped', dataType: 0, shape: undefined },
      ],
    },
  ),
  {
    producerVersion: '1.2',
    metadata: { license: 'Apache-2.0' },
    functions: [
      {
        domain: 'test',
        name: 'Scale',
        inputs: ['a'],
        outputs: ['b'],
        attributes: ['alpha'],
        attributeDefaults: { beta: { type: 'float', value: 2 } },
        nodes: [
          node('Gelu', ['a'], ['b'], { attributeReferences: { alpha: { name: 'alpha', type: 'float' } } }),
        ],
        opsets: [{ domain: '', version: 20 }],
      },
    ],
  },
);
