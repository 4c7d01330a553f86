import type { NamedTensor, TensorCodec } from '../../src/runs/checkpoint.js';

export interface FloatTensor extends NamedTensor {
  readonly data: Float32Array;
}

/** The least that can hold named float32 arrays: a line of JSON with names and shapes, then the numbers. */
export const rawCodec: TensorCodec<FloatTensor> = {
  encode(tensors, metadata) {
    const shapes = [...tensors].map(([name, { shape }]) => [name, shape]);
    const header = Buffer.from(`${JSON.stringify({ metadata, shapes })}\n`);
    const bodies = [...tensors.values()].map(({ data }) =>
      Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    );
    return Buffer.concat([header, ...bodies]);
  },
  decode(bytes) {
    const end = bytes.indexOf(10);
    const header = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as {
      shapes: [string, number[]][];
    };
    let offset = end + 1;
    const tensors = new Map<string, FloatTensor>();
    for (const [name, shape] of header.shapes) {
      const length = 4 * shape.reduce((product, size) => product * size, 1);
      const data = new Float32Array(bytes.slice(offset, offset + length).buffer);
      tensors.set(name, { dtype: 'float32', shape, data });
      offset += length;
    }
    return { tensors };
  },
};
