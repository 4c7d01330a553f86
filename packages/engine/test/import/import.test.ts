import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  importOnnx,
  importOnnxFile,
  jit,
  ModelFileError,
  type Tensor,
  tensor,
  toNumbers,
  UnsupportedOperatorsError,
  type Value,
} from '../../src/index.js';
import { DataType, type OnnxModel, type OnnxNode } from '../../src/onnx/model.js';
import { encodeModel } from '../../src/onnx/proto.js';
import { graph } from '../onnx/models.js';
import { build, int64s, op, weights } from './graphs.js';

const x = tensor([
  [1, -2, 3, -4],
  [0, 1, 0, 2],
]);

async function run(
  model: OnnxModel,
  inputs: Record<string, Tensor> = { x },
): Promise<Record<string, Tensor>> {
  const imported = importOnnx(model);
  const fn = jit((params: Record<string, Value>, given: Record<string, Value>) =>
    imported.apply(params, given),
  );
  try {
    return await fn(imported.params, inputs);
  } finally {
    await fn.dispose();
  }
}

const branch = (nodes: OnnxNode[], output: string) => ({
  type: 'graph' as const,
  value: graph(nodes, {
    inputs: [],
    outputs: [{ name: output, dataType: DataType.FLOAT, shape: undefined }],
  }),
});

describe('what an imported model tells of itself', () => {
  const model = importOnnx(
    build([op('Gemm', ['x', 'w', 'b'], 'h'), op('Relu', ['h'], 'r'), op('Gemm', ['r', 'v'], 'y')], {
      initializers: [weights('w', [4, 3]), weights('b', [1]), weights('v', [3, 2])],
    }),
  );

  test('inputs, outputs, parameters and operators', () => {
    expect(model.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['n', 4] }]);
    expect(model.outputs).toEqual(['y']);
    expect(Object.entries(model.params).map(([name, { shape }]) => [name, shape])).toEqual([
      ['w', [4, 3]],
      ['b', [1]],
      ['v', [3, 2]],
    ]);
    expect(model.operators).toEqual({ Gemm: 2, Relu: 1 });
  });

  test('errors of use', async () => {
    const fn = jit((params: Record<string, Value>, inputs: Record<string, Value>) =>
      model.apply(params, inputs),
    );
    const apply = (params: Record<string, Tensor>, inputs: Record<string, Tensor>) => fn(params, inputs);
    await expect(apply({}, {})).rejects.toThrow("an input is missing: 'x'");
    await expect(apply({ q: x }, { x })).rejects.toThrow("no parameter of this name: 'q'");
    await expect(apply({ w: x }, { x })).rejects.toThrow("parameter 'w' is float32[4, 3], not float32[2, 4]");
    await expect(apply({}, { x: tensor([1, 2]) })).rejects.toThrow("input 'x' is float32[n, 4], not [2]");
    await expect(apply({}, { x: tensor([[1, 2, 3, 4]], [1, 4], 'int32') })).rejects.toThrow(
      'float32, not int32',
    );
  });

  test('shapes that do not fit are reported with the node', async () => {
    const wrong = build([op('MatMul', ['x', 'w'], 'y')], { initializers: [weights('w', [3, 4])] });
    await expect(run(wrong)).rejects.toThrow(/matmul: inner dimensions differ.*\(node 'node_y' \(MatMul\)\)/);
  });
});

describe('what is a parameter', () => {
  const initializers = [
    weights('w', [4, 4]),
    weights('single', [1]),
    weights('scalar', []),
    weights('mask', [4], (i) => (i < 2 ? 0 : -Infinity)),
    weights('mean', [4]),
    weights('var', [4], () => 1),
    weights('scale', [4]),
    int64s('axes', 0),
  ];
  const nodes = [
    op('MatMul', ['x', 'w'], 'a'),
    op('Mul', ['a', 'single'], 'b'),
    op('Add', ['b', 'scalar'], 'c'),
    op('Add', ['c', 'mask'], 'd'),
    op('BatchNormalization', ['d', 'scale', 'scale', 'mean', 'var'], 'e'),
    op('Unsqueeze', ['e', 'axes'], 'y'),
  ];

  test('is what looks learnt', () => {
    expect(Object.keys(importOnnx(build(nodes, { initializers })).params)).toEqual(['w', 'scale']);
  });

  test('is what the caller says', () => {
    const model = importOnnx(build(nodes, { initializers }), { trainable: (name) => /^[ms]/.test(name) });
    expect(Object.keys(model.params)).toEqual(['single', 'scalar', 'mask', 'mean', 'scale']);
  });

  test('may hide in a Constant node, and is then named by its output', () => {
    const large = {
      ...op('Constant', [], 'hidden'),
      attributes: { value: { type: 'tensor', value: weights('', [4, 20]) } },
    } as const;
    const small = {
      ...op('Constant', [], 'bias'),
      attributes: { value: { type: 'tensor', value: weights('', [20]) } },
    } as const;
    const model = importOnnx(
      build([large, small, op('MatMul', ['x', 'hidden'], 'a'), op('Add', ['a', 'bias'], 'y')]),
    );
    expect(Object.keys(model.params)).toEqual(['hidden']);
  });

  test('is float32 also where the file has half precision', async () => {
    const half = {
      name: 'w',
      dataType: DataType.FLOAT16,
      dims: [4],
      data: new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x3800, 0).buffer),
    };
    const model = build([op('Mul', ['x', 'w'], 'y')], { initializers: [half] });
    expect(importOnnx(model).params).toEqual({ w: tensor([1, -2, 0.5, 0]) });
    expect(toNumbers((await run(model)).y!)).toEqual([1, 4, 1.5, -0, 0, -2, 0, 0]);
  });
});

describe('structure', () => {
  test('functions are entered, with their attributes and omitted inputs', async () => {
    const leaky = {
      domain: 'local',
      name: 'Leaky',
      inputs: ['a', 'b'],
      outputs: ['c'],
      attributes: ['slope'],
      attributeDefaults: {},
      opsets: [{ domain: '', version: 21 }],
      nodes: [
        {
          ...op('LeakyRelu', ['a'], 't'),
          attributeReferences: { alpha: { name: 'slope', type: 'float' as const } },
        },
        op('Clip', ['t', 'b'], 'c'),
      ],
    };
    const call = (input: string, output: string) =>
      op('Leaky', [input], output, { slope: { float: 0.5 } }, 'local');
    const model = build([call('x', 'h'), call('h', 'y')], { functions: [leaky] });
    expect(toNumbers((await run(model)).y!)).toEqual([1, -0.5, 3, -1, 0, 1, 0, 2]);
    expect(importOnnx(model).operators).toEqual({ LeakyRelu: 2, Clip: 2 });
  });

  test('a known condition takes one branch, another one chooses between the results of both', async () => {
    const choose = (condition: OnnxNode[], name: string) => {
      const node = {
        ...op('If', [name], 'y'),
        attributes: {
          then_branch: branch([op('Neg', ['x'], 'n')], 'n'),
          else_branch: branch([op('Abs', ['x'], 'p')], 'p'),
        },
      };
      return build([...condition, node]);
    };
    const inputs = { x: tensor([1, -2, 3, -4, 1, 1, 1, 1], [2, 4]) };
    const shape = [
      op('Shape', ['x'], 's'),
      op('Size', ['x'], 'all'),
      op('Equal', ['s', 'all'], 'both'),
      op('Cast', ['both'], 'i', { to: DataType.INT32 }),
      op('ReduceMax', ['i'], 'm', { keepdims: 0 }),
      op('Cast', ['m'], 'known', { to: DataType.BOOL }),
    ];
    expect(toNumbers((await run(choose(shape, 'known'), inputs)).y!)).toEqual([1, 2, 3, 4, 1, 1, 1, 1]);
    const value = [
      op('ReduceSum', ['x'], 'total', { keepdims: 0 }),
      op('Cast', ['total'], 'open', { to: DataType.BOOL }),
    ];
    expect(toNumbers((await run(choose(value, 'open'), inputs)).y!)).toEqual([-1, 2, -3, 4, -1, -1, -1, -1]);
  });

  test('only what the wanted outputs need is imported; they may be inner values', async () => {
    const nodes = [op('Relu', ['x'], 'hidden'), op('NonMaxSuppression', ['hidden', 'hidden'], 'y')];
    const model = importOnnx(build(nodes), { outputs: ['hidden'] });
    const fn = jit((inputs: Record<string, Value>) => model.apply({}, inputs));
    expect(toNumbers((await fn({ x })).hidden!)).toEqual([1, 0, 3, 0, 0, 1, 0, 2]);
    await fn.dispose();
    expect(() => importOnnx(build(nodes), { outputs: ['nothing'] })).toThrow(
      "no value of the model has this name: 'nothing'",
    );
  });
});

describe('refusals', () => {
  test('every unsupported operator is listed with its nodes, those in branches and functions too', () => {
    const node = {
      ...op('If', ['x'], 'z'),
      attributes: {
        then_branch: branch([op('Unique', ['x'], 'u')], 'u'),
        else_branch: branch([op('Abs', ['x'], 'p')], 'p'),
      },
    };
    const inner = {
      domain: 'local',
      name: 'Inner',
      inputs: ['a'],
      outputs: ['b'],
      attributes: [],
      attributeDefaults: {},
      opsets: [],
      nodes: [op('Unique', ['a'], 'b')],
    };
    const model = build(
      [
        op('QLinearAdd', ['x'], 'q', {}, 'com.microsoft'),
        op('Det', ['q'], 'd'),
        op('Det', ['d'], 'e'),
        op('Inner', ['e'], 'f', {}, 'local'),
        node,
        op('Add', ['f', 'z'], 'y'),
      ],
      { functions: [inner] },
    );
    expect(() => importOnnx(model)).toThrow(UnsupportedOperatorsError);
    expect(() => importOnnx(model)).toThrowErrorMatchingInlineSnapshot(`
      [ModelFileError: operators that can't be imported: 3
        com.microsoft.QLinearAdd: 'node_q'
        Det: 'node_d', 'node_e'
        Unique: 'node_f/Inner/node_b', 'node_z/then_branch/node_u'
      A quantized model has no gradients: import the float model that it was made from.]
    `);
  });

  test('operator sets out of range', () => {
    expect(() => importOnnx(build([op('Relu', ['x'], 'y')], { version: 6 }))).toThrow(
      'operator set that is not supported: 6',
    );
    expect(() => importOnnx(build([op('Relu', ['x'], 'y')], { version: 99 }))).toThrow(
      'operator set that is not supported: 99',
    );
  });

  test('cycles', () => {
    const model = build([op('Add', ['x', 'b'], 'a'), op('Relu', ['a'], 'b'), op('Relu', ['b'], 'y')]);
    expect(() => importOnnx(model)).toThrow('a cycle, or nodes out of order');
  });

  test('files that end early', () => {
    const bytes = encodeModel(
      build([op('MatMul', ['x', 'w'], 'y')], { initializers: [weights('w', [4, 4])] }),
    );
    const whole = importOnnx(bytes).params;
    for (let length = 0; length < bytes.length; length++) {
      try {
        // What is missing at the end may be something that an importer can do without.
        expect(importOnnx(bytes.subarray(0, length)).params, `${length} bytes`).toEqual(whole);
      } catch (error) {
        expect(error, `${length} bytes`).toBeInstanceOf(ModelFileError);
      }
    }
  });

  test('attributes of a wrong type, and missing inputs', async () => {
    await expect(run(build([op('Softmax', ['x'], 'y', { axis: '1' })]))).rejects.toThrow(
      "attribute 'axis' must be int: it is string (node 'node_y' (Softmax))",
    );
    await expect(run(build([op('Add', ['x'], 'y')]))).rejects.toThrow(
      "input missing: number 2 (node 'node_y' (Add))",
    );
  });

  test('data of other files, unless the model is read from its folder, and never from outside of it', () => {
    const external = (location: string) =>
      build([op('MatMul', ['x', 'w'], 'y')], {
        initializers: [
          { ...weights('w', [4, 4]), data: new Uint8Array(0), external: { location, offset: 0 } },
        ],
      });
    expect(() => importOnnx(external('w.bin'))).toThrow("data in another file: 'w.bin'");
    const folder = mkdtempSync(join(tmpdir(), 'import-'));
    try {
      writeFileSync(join(folder, 'w.bin'), weights('w', [4, 4]).data);
      writeFileSync(join(folder, 'model.onnx'), encodeModel(external('w.bin')));
      expect(importOnnxFile(join(folder, 'model.onnx')).params.w!.shape).toEqual([4, 4]);
      cpSync(join(folder, 'w.bin'), `${folder}.bin`);
      writeFileSync(join(folder, 'model.onnx'), encodeModel(external(`../${folder.split('/').at(-1)}.bin`)));
      expect(() => importOnnxFile(join(folder, 'model.onnx'))).toThrow("file outside the model's folder");
    } finally {
      rmSync(folder, { recursive: true });
      rmSync(`${folder}.bin`, { force: true });
    }
  });
});
