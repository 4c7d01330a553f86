import type { OnnxModel } from '../../src/onnx/model.js';
import { build, int64s, op, weights } from './graphs.js';

/** Small models: where operator sets differ, and ONNX Runtime's own operators, which ONNX's cases do not cover. */
const ms = 'com.microsoft';
const ml = 'ai.onnx.ml';
const norm = [weights('scale', [4]), weights('bias', [4])];
export const cases: Readonly<Record<string, OnnxModel>> = {
  'Softmax before 13 takes the last axes together': build([op('Softmax', ['x'], 'y', { axis: 1 })], {
    inputs: { x: [2, 3, 4] },
    version: 11,
  }),
  'LogSoftmax before 13': build([op('LogSoftmax', ['x'], 'y')], { inputs: { x: [2, 3, 4] }, version: 11 }),
  'Hardmax before 13': build([op('Hardmax', ['x'], 'y')], { inputs: { x: [2, 3, 4] }, version: 11 }),
  'Softmax since 13': build([op('Softmax', ['x'], 'y', { axis: 1 })], {
    inputs: { x: [2, 3, 4] },
    version: 13,
  }),
  'Squeeze and Unsqueeze by attributes': build(
    [op('Unsqueeze', ['x'], 'a', { axes: [0, 3] }), op('Squeeze', ['a'], 'y', { axes: [0] })],
    { version: 11 },
  ),
  'ReduceSum by attributes': build([op('ReduceSum', ['x'], 'y', { axes: [1], keepdims: 0 })], {
    version: 11,
  }),
  'ReduceMean by inputs': build([op('ReduceMean', ['x', 'axes'], 'y')], {
    initializers: [int64s('axes', -1)],
    version: 18,
  }),
  'Clip by attributes': build([op('Clip', ['x'], 'y', { min: { float: -0.25 }, max: { float: 0.5 } })], {
    version: 7,
  }),
  'Clip with one bound': build([op('Clip', ['x', '', 'high'], 'y')], {
    initializers: [weights('high', [], () => 0.25)],
    version: 13,
  }),
  'Slice by attributes': build([op('Slice', ['x'], 'y', { starts: [1], ends: [3], axes: [1] })], {
    version: 9,
  }),
  'Split by attributes': build([op('Split', ['x'], ['y', 'z'], { axis: 1, split: [1, 3] })], {
    outputs: ['y', 'z'],
    version: 11,
  }),
  'Split into uneven pieces': build([op('Split', ['x'], ['y', 'z', 'w'], { axis: 1, num_outputs: 3 })], {
    inputs: { x: ['n', 5] },
    outputs: ['y', 'z', 'w'],
    version: 18,
  }),
  'Pad by attributes': build([op('Pad', ['x'], 'y', { pads: [0, 1, 1, 0], value: { float: 2 } })], {
    version: 7,
  }),
  'Pad that mirrors': build([op('Pad', ['x', 'pads'], 'y', { mode: 'reflect' })], {
    initializers: [int64s('pads', 0, 3, 0, 2)],
  }),
  'Pad of some axes': build([op('Pad', ['x', 'pads', '', 'axes'], 'y', { mode: 'edge' })], {
    initializers: [int64s('pads', 2, 1), int64s('axes', 1)],
  }),
  'Pad that cuts off': build([op('Pad', ['x', 'pads'], 'y')], {
    initializers: [int64s('pads', 0, -1, 1, 2)],
  }),
  'Dropout by attribute': build([op('Dropout', ['x'], 'y', { ratio: { float: 0.5 } })], { version: 10 }),
  'TopK by attribute': build([op('TopK', ['x'], ['y', 'z'], { k: 2 })], { version: 9 }),
  'Upsample by attribute': build(
    [
      {
        ...op('Upsample', ['x'], 'y'),
        attributes: {
          mode: { type: 'string', value: 'nearest' },
          scales: { type: 'floats', value: [1, 1, 2, 3] },
        },
      },
    ],
    { inputs: { x: [1, 2, 3, 2] }, version: 7 },
  ),
  'Upsample by input': build([op('Upsample', ['x', 'scales'], 'y', { mode: 'linear' })], {
    inputs: { x: [1, 2, 3, 2] },
    initializers: [weights('scales', [4], (i) => [1, 1, 2, 2][i]!)],
    version: 9,
  }),
  'Resize before 11': build([op('Resize', ['x', 'scales'], 'y', { mode: 'nearest' })], {
    inputs: { x: [1, 2, 4, 4] },
    initializers: [weights('scales', [4], (i) => [1, 1, 0.5, 2][i]!)],
    version: 10,
  }),
  'GroupNormalization by group': build(
    [op('GroupNormalization', ['x', 'scale', 'bias'], 'y', { num_groups: 2, epsilon: { float: 1e-4 } })],
    { inputs: { x: [2, 4, 3, 2] }, initializers: [weights('scale', [2]), weights('bias', [2])], version: 18 },
  ),
  'GroupNormalization by channel': build(
    [op('GroupNormalization', ['x', 'scale', 'bias'], 'y', { num_groups: 2 })],
    { inputs: { x: [2, 4, 3, 2] }, initializers: norm, version: 21 },
  ),
  Gelu: build([op('Gelu', ['x'], 'y', {}, ms)]),
  BiasGelu: build([op('BiasGelu', ['x', 'b'], 'y', {}, ms)], { initializers: [weights('b', [4])] }),
  FastGelu: build([op('FastGelu', ['x', 'b'], 'y', {}, ms)], { initializers: [weights('b', [4])] }),
  QuickGelu: build([op('QuickGelu', ['x'], 'y', { alpha: { float: 1.5 } }, ms)]),
  FusedMatMul: build(
    [op('FusedMatMul', ['x', 'w'], 'y', { transA: 1, transB: 1, alpha: { float: 0.5 } }, ms)],
    { inputs: { x: [3, 4] }, initializers: [weights('w', [2, 3])] },
  ),
  'FusedMatMul with the batch behind': build(
    [op('FusedMatMul', ['x', 'w'], 'y', { transBatchA: 1, transA: 1, transBatchB: 1 }, ms)],
    { inputs: { x: [4, 2, 3] }, initializers: [weights('w', [4, 2, 5])] },
  ),
  SimplifiedLayerNormalization: build([op('SimplifiedLayerNormalization', ['x', 'scale'], 'y')], {
    initializers: norm,
  }),
  SkipLayerNormalization: build(
    [op('SkipLayerNormalization', ['x', 'x', 'scale', 'bias', 'more'], ['y', '', '', 's'], {}, ms)],
    { initializers: [...norm, weights('more', [4])], inputs: { x: [2, 3, 4] }, outputs: ['y', 's'] },
  ),
  SkipSimplifiedLayerNormalization: build(
    [op('SkipSimplifiedLayerNormalization', ['x', 'x', 'scale'], 'y', { epsilon: { float: 1e-3 } }, ms)],
    { initializers: norm, inputs: { x: [2, 3, 4] } },
  ),
  Attention: build([op('Attention', ['x', 'w', 'b'], 'y', { num_heads: 2, unidirectional: 1 }, ms)], {
    inputs: { x: [2, 3, 4] },
    initializers: [weights('w', [4, 12]), weights('b', [12])],
  }),
  MultiHeadAttention: build([op('MultiHeadAttention', ['x', 'x', 'x', 'b'], 'y', { num_heads: 2 }, ms)], {
    inputs: { x: [2, 3, 4] },
    initializers: [weights('b', [12])],
  }),
  RotaryEmbedding: build([op('RotaryEmbedding', ['x', 'at', 'cos', 'sin'], 'y', {}, ms)], {
    inputs: { x: [1, 2, 3, 4] },
    initializers: [int64s('at', 1), weights('cos', [5, 2], Math.cos), weights('sin', [5, 2], Math.sin)],
  }),
  'RotaryEmbedding of pairs': build(
    [op('RotaryEmbedding', ['x', 'at', 'cos', 'sin'], 'y', { interleaved: 1 }, ms)],
    {
      inputs: { x: [1, 2, 3, 4] },
      initializers: [int64s('at', 0), weights('cos', [5, 2], Math.cos), weights('sin', [5, 2], Math.sin)],
    },
  ),
  LinearRegressor: build([
    op('Scaler', ['x'], 'a', { offset: { floats: [1, 2, 3, 4] }, scale: { floats: [2, 1, 0.5, 3] } }, ml),
    op(
      'LinearRegressor',
      ['a'],
      'y',
      { coefficients: { floats: [1, -2, 3, 0.5] }, intercepts: { floats: [2] } },
      ml,
    ),
  ]),
  LinearClassifier: build(
    [
      op(
        'LinearClassifier',
        ['x'],
        ['label', 'a'],
        {
          coefficients: { floats: [1, -2, 3, 0.5, 0, 1, -1, 2] },
          intercepts: { floats: [0.5, -1] },
          classlabels_ints: [3, 7],
          post_transform: 'SOFTMAX',
        },
        ml,
      ),
      op('Normalizer', ['a'], 'b', { norm: 'L2' }, ml),
      op('Cast', ['label'], 'c', { to: 1 }),
      op('Reshape', ['c', 'column'], 'd'),
      op('Concat', ['b', 'd'], 'y', { axis: 1 }),
    ],
    { initializers: [int64s('column', -1, 1)] },
  ),
};

const sizes: Readonly<Record<string, number>> = { n: 3 };

/** Shapes of a case's inputs, with numbers for their open sizes. */
export function inputShapes(model: OnnxModel): (readonly [name: string, shape: number[]])[] {
  return model.graph.inputs.map(({ name, shape }) => [
    name,
    shape!.map((d) => (typeof d === 'number' ? d : sizes[d!]!)),
  ]);
}
