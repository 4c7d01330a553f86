import type { random } from '@tutelage/engine';
import { exactSearch } from '../search/exact.js';
import type { Vectors } from '../search/vectors.js';
import { shuffled } from './weighted-draw.js';

/** Rounds after which clusters hardly change. */
const rounds = 20;

/**
 * Lloyd's algorithm (1982) from `k` random vectors as first centres, until nothing moves or for 20 rounds. A cluster that runs empty
 * is left out.
 *
 * @param k at most the number of vectors
 * @returns the rows of each cluster, none empty
 */
export async function kMeans(vectors: Vectors, k: number, key: random.Key): Promise<number[][]> {
  const { data, width } = vectors;
  const count = data.length / width;
  const first = shuffled(count, key).slice(0, k);
  let centres = first.map((row) => meanOf(vectors, [row]));
  let clusters: number[][] = [];
  let before = '';
  for (let round = 0; round < rounds; round++) {
    const nearest = await nearestCentres(vectors, centres);
    clusters = centres.map(() => []);
    nearest.forEach((centre, row) => {
      clusters[centre]!.push(row);
    });
    clusters = clusters.filter((cluster) => cluster.length > 0);
    centres = clusters.map((cluster) => meanOf(vectors, cluster));
    const now = nearest.join();
    if (now === before) break;
    before = now;
  }
  return clusters;
}

/** The centre with the least distance |x - c|^2, which is the one with the greatest product of (x, 1) and (c, -|c|^2 / 2). */
async function nearestCentres({ data, width }: Vectors, centres: readonly Float64Array[]): Promise<number[]> {
  const lengthened = new Float32Array(centres.length * (width + 1));
  centres.forEach((centre, i) => {
    lengthened.set(centre, i * (width + 1));
    lengthened[i * (width + 1) + width] = -centre.reduce((sum, x) => sum + x * x, 0) / 2;
  });
  const count = data.length / width;
  const points = new Float32Array(count * (width + 1)).fill(1);
  for (let row = 0; row < count; row++) {
    points.set(data.subarray(row * width, (row + 1) * width), row * (width + 1));
  }
  const search = exactSearch({ data: lengthened, width: width + 1 }, { threads: 1 });
  const hits = await search.search(points, 1);
  await search.dispose();
  return hits.map(({ rows }) => rows[0]!);
}

function meanOf({ data, width }: Vectors, rows: readonly number[]): Float64Array {
  const mean = new Float64Array(width);
  for (const row of rows) for (let i = 0; i < width; i++) mean[i]! += data[row * width + i]! / rows.length;
  return mean;
}
