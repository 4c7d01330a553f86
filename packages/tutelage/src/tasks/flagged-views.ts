import { random } from '@tutelage/engine';
import { permutation } from '../runs/permutation.js';
import { readIdx } from './idx.js';
import { type PairSplit, type Pairs, pairsIn } from './modality-pairs.js';
import { fetchPublic } from './public.js';

/** Pairs, and of each whether its second view is the one that tells the class. */
export interface FlaggedViews extends Pairs {
  readonly flags: Uint8Array;
}

const kinds = 10;
const stored = 28;
/** Pictures are brought to half their size. */
const side = stored / 2;
const hidden = 5;
const shape = [1, side, side] as const;

/**
 * Pairs of pictures of clothes of one kind (Fashion-MNIST) of which one, by a flag that is set in half of the pairs, is nothing but
 * noise. The other has noise over it and a square of 5 x 5 of its 14 x 14 pixels blotted out.
 *
 * @param noise standard deviation of what lies over a picture, whose pixels have mean 0 and variance 1 before they are halved
 * @throws {UserError} when the data can't be downloaded or read
 */
export async function flaggedViews(
  split: 'train' | 't10k',
  { count, noise, seed }: { readonly count: number; readonly noise: number; readonly seed: number },
): Promise<FlaggedViews> {
  const files = await fetchPublic('fashion-mnist');
  const images = await readIdx(files.get(`${split}-images-idx3-ubyte.gz`)!);
  const { values: kindOf } = await readIdx(files.get(`${split}-labels-idx1-ubyte.gz`)!);
  const key = random.foldIn(random.key(seed), split);
  const order = permutation(kindOf.length, [key.hi, key.lo]);
  const rows = order.subarray(0, count);
  // Second pictures are of those that are not first ones.
  const byKind = Array.from({ length: kinds }, (_, kind) =>
    order.subarray(count).filter((row) => kindOf[row] === kind),
  );
  const draws = new Float32Array(count * 6);
  random.fillUniform(draws, random.foldIn(key, 'views'));
  const area = side * side;
  const view = (which: 0 | 1): Float32Array => {
    const pixels = new Float32Array(count * area);
    random.fillNormal(pixels, random.foldIn(key, which));
    for (let n = 0; n < count; n++) {
      const [flag, pick, ...corners] = draws.subarray(6 * n, 6 * n + 6) as unknown as number[];
      if (flag! < 0.5 === (which === 1)) continue;
      const kind = byKind[kindOf[rows[n]!]!]!;
      const row = which === 0 ? rows[n]! : kind[Math.floor(pick! * kind.length)]!;
      const [top, left] = [0, 1].map((i) => Math.floor(corners[2 * which + i]! * (side - hidden + 1)));
      for (let i = 0; i < area; i++) {
        const [y, x] = [Math.floor(i / side) - top!, (i % side) - left!];
        const blotted = y >= 0 && y < hidden && x >= 0 && x < hidden;
        const light = blotted ? 0 : lightAt(images.values, row, 2 * (y + top!), 2 * (x + left!));
        pixels[n * area + i] = light + noise * pixels[n * area + i]!;
      }
    }
    return pixels;
  };
  return {
    count,
    shapes: [shape, shape],
    inputs: [view(0), view(1)],
    classes: Int32Array.from(rows, (row) => kindOf[row]!),
    flags: Uint8Array.from({ length: count }, (_, n) => (draws[6 * n]! < 0.5 ? 0 : 1)),
  };
}

/** Flagged views to learn from, to choose by and, of other pictures, to test on. */
export async function flaggedSplit(
  sizes: {
    readonly train: number;
    readonly validation: number;
    readonly test: number;
    readonly noise: number;
  },
  seed: number,
): Promise<PairSplit & { readonly unseen: FlaggedViews }> {
  const { train, validation, test, noise } = sizes;
  const seen = await flaggedViews('train', { count: train + validation, noise, seed });
  return {
    train: pairsIn(seen, 0, train),
    validation: pairsIn(seen, train),
    labels: Array.from({ length: kinds }, (_, kind) => `${kind}`),
    unseen: await flaggedViews('t10k', { count: test, noise, seed }),
  };
}

/** Of the training images' pixels. */
const pixelMean = 72.94;
const pixelDeviation = 90.02;

/** The mean of four pixels of a stored picture. */
function lightAt(images: Uint8Array, row: number, y: number, x: number): number {
  const at = (row * stored + y) * stored + x;
  const sum = images[at]! + images[at + 1]! + images[at + stored]! + images[at + stored + 1]!;
  return (sum / 4 - pixelMean) / pixelDeviation;
}
