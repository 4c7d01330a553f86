import { expect, test } from 'vitest';
import { grad, jit, type ResizeOptions, resize, sum, tensor, toNumbers, type Value } from '../src/index.js';
import { DataType } from '../src/onnx/model.js';
import { encodeModel } from '../src/onnx/proto.js';
import { currentBackend } from '../src/runtime/backend.js';
import { distance } from './support/gradcheck.js';
import { randomFrom, uniform } from './support/random.js';

const image = tensor(Float32Array.from(uniform(randomFrom(3), 2 * 2 * 4 * 5, [-1, 1])), [2, 2, 4, 5]);

/** ONNX's own operator. */
async function reference(size: readonly number[], o: ResizeOptions): Promise<number[]> {
  const text = (value: string) => ({ type: 'string', value }) as const;
  const model = encodeModel({
    irVersion: 10,
    opsets: [{ domain: '', version: 21 }],
    producerName: 'test',
    metadata: {},
    graph: {
      name: 'resize',
      nodes: [
        {
          opType: 'Resize',
          domain: '',
          name: '',
          inputs: ['x', '', '', 'sizes'],
          outputs: ['y'],
          attributes: {
            mode: text(o.mode ?? 'nearest'),
            coordinate_transformation_mode: text(o.coordinates ?? 'half_pixel'),
            nearest_mode: text(o.rounding ?? 'round_prefer_floor'),
          },
        },
      ],
      initializers: [
        {
          name: 'sizes',
          dataType: DataType.INT64,
          dims: [4],
          data: new Uint8Array(BigInt64Array.from([2, 2, ...size], BigInt).buffer),
        },
      ],
      inputs: [{ name: 'x', dataType: DataType.FLOAT, shape: image.shape }],
      outputs: [{ name: 'y', dataType: DataType.FLOAT, shape: [2, 2, ...size] }],
    },
  });
  const session = await currentBackend().load(model, { inputs: ['x'], outputs: ['y'] }, { threads: 1 });
  const [y] = await session.run([image]);
  await session.release();
  return toNumbers(y!);
}

const sizes = [
  [8, 10],
  [3, 7],
  [4, 1],
];
const options: ResizeOptions[] = [
  ...(['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'] as const).flatMap((coordinates) => [
    { mode: 'linear', coordinates } as const,
    { mode: 'nearest', coordinates } as const,
  ]),
  ...(['round_prefer_ceil', 'floor', 'ceil'] as const).map(
    (rounding) => ({ mode: 'nearest', coordinates: 'asymmetric', rounding }) as const,
  ),
];

test.each(sizes.flatMap((size) => options.map((o) => [size, o] as const)))('to %j as %j', async (size, o) => {
  const f = jit((x: Value) => resize(x, size, o));
  const y = await f(image);
  await f.dispose();
  expect(y.shape).toEqual([2, 2, ...size]);
  expect(distance(toNumbers(y), await reference(size, o))).toBeLessThan(1e-4);
});

test('along one axis, with gradient', async () => {
  const f = jit((x: Value) => ({
    y: resize(x, [4], { mode: 'linear' }),
    slope: grad((v: Value) => sum(resize(v, [4], { mode: 'linear' })))(x),
  }));
  const { y, slope } = await f(tensor([[[0, 4]]]));
  expect(toNumbers(y)).toEqual([0, 1, 3, 4]);
  expect(toNumbers(slope)).toEqual([2, 2]);
  await f.dispose();
});
