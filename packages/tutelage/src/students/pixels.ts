import { random, tensor } from '@tutelage/engine/data';
import { z } from 'zod';
import type { Featurizer } from './classifier.js';

export const pixelsConfig = z.object({
  height: z.int().positive(),
  width: z.int().positive(),
  channels: z.int().positive(),
  /** Mean and standard deviation of each channel of the training images, with pixels in 0..1. */
  mean: z.array(z.number()),
  deviation: z.array(z.number().positive()),
  /** In training, images are moved by up to this many pixels each way. */
  shift: z.int().nonnegative(),
  /** In training, every other image is mirrored. */
  flip: z.boolean(),
});

export type PixelsConfig = z.infer<typeof pixelsConfig>;

/**
 * Pixels, normalised by channel: height x width x channels bytes become [batch, channels, height, width]. What a move uncovers
 * is the mean.
 */
export function pixelsFeaturizer(config: PixelsConfig): Featurizer<Uint8Array> {
  const { height, width, channels } = config;
  const size = height * width * channels;
  const scale = config.deviation.map((d) => 1 / (255 * d));
  const offset = config.mean.map((m, c) => -m / config.deviation[c]!);
  return {
    kind: 'pixels',
    config,
    inputs: { pixels: { dtype: 'float32', shape: ['batch', channels, height, width] } },
    batch(images, augment) {
      const data = new Float32Array(images.length * size);
      const draws = new Float32Array(3 * images.length);
      if (augment) random.fillUniform(draws, augment);
      images.forEach((image, n) => {
        const [u, v, w] = draws.subarray(3 * n, 3 * n + 3) as unknown as [number, number, number];
        const move = (draw: number) =>
          augment ? Math.floor(draw * (2 * config.shift + 1)) - config.shift : 0;
        const [dy, dx, mirrored] = [move(u), move(v), augment !== undefined && config.flip && w < 0.5];
        for (let c = 0; c < channels; c++) {
          for (let y = Math.max(0, dy); y < Math.min(height, height + dy); y++) {
            const to = ((n * channels + c) * height + y) * width;
            const from = (y - dy) * width;
            for (let x = Math.max(0, dx); x < Math.min(width, width + dx); x++) {
              const column = mirrored ? width - 1 - (x - dx) : x - dx;
              data[to + x] = image[(from + column) * channels + c]! * scale[c]! + offset[c]!;
            }
          }
        }
      });
      return { pixels: tensor(data, [images.length, channels, height, width]) };
    },
  };
}

/** Mean and standard deviation of each channel over some images, pixels in 0..1. A constant channel counts with deviation 1. */
export function channelStatistics(
  images: readonly Uint8Array[],
  channels: number,
): Pick<PixelsConfig, 'mean' | 'deviation'> {
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let count = 0;
  for (const image of images) {
    for (let i = 0; i < image.length; i++) {
      const value = image[i]! / 255;
      sums[i % channels]! += value;
      squares[i % channels]! += value * value;
    }
    count += image.length / channels;
  }
  const mean = Array.from(sums, (s) => s / count);
  const deviation = Array.from(squares, (s, c) => Math.sqrt(Math.max(0, s / count - mean[c]! ** 2)) || 1);
  return { mean, deviation };
}
