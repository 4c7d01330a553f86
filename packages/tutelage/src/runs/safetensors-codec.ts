import { type Tensor, tensor, weights } from '@tutelage/engine';
import type { TensorCodec } from './checkpoint.js';

const formats = { float32: 'F32', float64: 'F64', int32: 'I32', int64: 'I64', uint8: 'U8' } as const;
type Held = keyof typeof formats;

const arrays = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  I64: BigInt64Array,
  U8: Uint8Array,
} as const;

/** Checkpoints as safetensors files. */
export const safetensorsCodec: TensorCodec<Tensor> = {
  encode(tensors, metadata) {
    const held = Object.fromEntries(
      [...tensors].map(([name, { dtype, shape, data }]) => {
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        return [name, { dtype: formats[dtype as Held], shape, data: bytes }] as const;
      }),
    );
    return weights.writeSafetensors(held, metadata);
  },
  decode(bytes) {
    const file = weights.readSafetensors(bytes);
    const tensors = [...file.tensors.keys()].map((name) => {
      const { dtype, shape, data } = file.read(name);
      // A copy, because the bytes in the file have any alignment.
      return [name, tensor(new arrays[dtype as keyof typeof arrays](data.slice().buffer), shape)] as const;
    });
    return { tensors: new Map(tensors) };
  },
};
