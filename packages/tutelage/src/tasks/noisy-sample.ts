import { random } from '@tutelage/engine';
import { permutation } from '../runs/permutation.js';
import { readIdx } from './idx.js';
import { fetchPublic } from './public.js';

/** Images, as height x width bytes, and their classes. */
export interface ImageSample {
  readonly inputs: readonly Uint8Array[];
  readonly classes: readonly number[];
}

const classCount = 10;

/**
 * A sample of MNIST or Fashion-MNIST, drawn anew for each seed, with wrong labels: a share of them is redrawn uniformly from the ten
 * classes. The same seed draws the same images whatever the noise.
 *
 * @throws {UserError} when the data can't be downloaded or read
 */
export async function noisySample(
  dataset: 'mnist' | 'fashion-mnist',
  split: 'train' | 't10k',
  { count, noise, seed }: { readonly count: number; readonly noise: number; readonly seed: number },
): Promise<ImageSample> {
  const files = await fetchPublic(dataset);
  const images = await readIdx(files.get(`${split}-images-idx3-ubyte.gz`)!);
  const { values: classes } = await readIdx(files.get(`${split}-labels-idx1-ubyte.gz`)!);
  const key = random.foldIn(random.key(seed), split);
  const rows = Array.from(permutation(classes.length, [key.hi, key.lo]).subarray(0, count));
  const draws = new Float32Array(2 * count);
  random.fillUniform(draws, random.foldIn(key, 'noise'));
  const size = images.values.length / classes.length;
  return {
    inputs: rows.map((row) => images.values.subarray(row * size, (row + 1) * size)),
    classes: rows.map((row, i) =>
      draws[2 * i]! < noise ? Math.floor(draws[2 * i + 1]! * classCount) : classes[row]!,
    ),
  };
}
