import type * as Ort from 'onnxruntime-common';
import { DataType, type OnnxModel, type OnnxNode } from '../onnx/model.js';
import { encodeModel } from '../onnx/proto.js';

type Runtime = Pick<typeof Ort, 'InferenceSession' | 'Tensor'>;

const domain = 'com.microsoft.nchwc';
const channels = 16;

/**
 * Whether the runtime has convolution kernels in a blocked layout and takes them in a model. They are no part of ONNX and
 * depend on the processor, so that a small convolution is tried and compared with the plain one.
 */
export async function hasBlockedKernels(
  ort: Runtime,
  defaults: Ort.InferenceSession.SessionOptions,
): Promise<boolean> {
  try {
    // The runtime would report the failure that is expected where there are no such kernels.
    const session = await ort.InferenceSession.create(encodeModel(trial()), {
      ...defaults,
      logSeverityLevel: 4,
    });
    const filled = (shape: number[]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return new ort.Tensor(
        'float32',
        Float32Array.from({ length: size }, (_, i) => (i * 7) % 11),
        shape,
      );
    };
    const { plain, blocked } = await session.run({
      x: filled([1, channels, 2, 3]),
      w: filled([channels, channels, 2, 2]),
    });
    await session.release();
    const expected = plain!.data as Float32Array;
    return (blocked!.data as Float32Array).every((y, i) => y === expected[i]);
  } catch {
    return false;
  }
}

/** A convolution in plain and in blocked form. */
function trial(): OnnxModel {
  const node = (
    opType: string,
    inputs: string[],
    output: string,
    own: string,
    attributes: OnnxNode['attributes'] = {},
  ): OnnxNode => ({ opType, domain: own, name: '', inputs, outputs: [output], attributes });
  const info = (name: string, shape: number[]) => ({ name, dataType: DataType.FLOAT, shape });
  const dims = (name: string, shape: number[]) => ({
    name,
    dataType: DataType.INT64,
    dims: [shape.length],
    data: new Uint8Array(BigInt64Array.from(shape, BigInt).buffer),
  });
  return {
    irVersion: 10,
    opsets: [
      { domain: '', version: 21 },
      { domain, version: 1 },
    ],
    producerName: 'tutelage',
    metadata: {},
    graph: {
      name: 'trial',
      nodes: [
        node('Conv', ['x', 'w'], 'plain', ''),
        node('ReorderInput', ['x'], 'image', domain),
        node('ReorderInput', ['w'], 'inner', domain),
        node('Reshape', ['inner', 'rows'], 'flat', ''),
        node('ReorderInput', ['flat'], 'outer', domain),
        node('Reshape', ['outer', 'whole'], 'kernel', ''),
        node('Conv', ['image', 'kernel'], 'y', domain, { kernel_shape: { type: 'ints', value: [2, 2] } }),
        node('ReorderOutput', ['y'], 'blocked', domain, { channels: { type: 'int', value: channels } }),
      ],
      initializers: [dims('rows', [1, channels, channels * 2, 2]), dims('whole', [channels, channels, 2, 2])],
      inputs: [info('x', [1, channels, 2, 3]), info('w', [channels, channels, 2, 2])],
      outputs: [info('plain', [1, channels, 1, 2]), info('blocked', [1, channels, 1, 2])],
    },
  };
}
