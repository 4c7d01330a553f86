/** Ratings of learners, [learners x supports]; NaN where there is none. */
export interface RatingTable {
  readonly learners: number;
  readonly supports: number;
  readonly ratings: Float32Array;
}

export const similarities = ['pearson', 'cosine', 'euclidean'] as const;
export type Similarity = (typeof similarities)[number];

export interface NeighbourOptions {
  readonly similarity: Similarity;
  /** Nearest learners that have rated a support. */
  readonly neighbours: number;
  /** Weight of similar supports; the rest is of similar learners. */
  readonly itemShare: number;
}

/**
 * Tells how learners would rate what they have not rated, by how learners like them did (user-based collaborative filtering) and by how
 * they rated supports like it (item-based), mixed (Morciano et al. 2024).
 *
 * @param known what earlier learners said
 * @param asked what is known of those who are asked about; a learner's own mean where there is no neighbour
 * @returns ratings [asked learners x supports] for every place
 */
export function neighbourRatings(
  known: RatingTable,
  asked: RatingTable,
  { similarity, neighbours, itemShare }: NeighbourOptions,
): Float32Array {
  const { supports } = known;
  const rowOf = ({ ratings }: RatingTable, row: number) =>
    ratings.subarray(row * supports, (row + 1) * supports);
  const rows = Array.from({ length: known.learners }, (_, row) => rowOf(known, row));
  const overall = meanOf(known.ratings) ?? 0;
  const means = rows.map((row) => meanOf(row) ?? overall);
  const columns = Array.from({ length: supports }, (_, j) => Float32Array.from(rows, (row) => row[j]!));
  const alike =
    itemShare > 0
      ? columns.map((a, i) => columns.map((b, j) => (i === j ? 0 : likeness(a, b, similarity))))
      : [];
  const found = new Float32Array(asked.learners * supports);
  for (let learner = 0; learner < asked.learners; learner++) {
    const own = rowOf(asked, learner);
    const mean = meanOf(own) ?? overall;
    const near = rows
      .map((row, i) => ({ i, weight: likeness(own, row, similarity) }))
      .sort((a, b) => b.weight - a.weight);
    for (let j = 0; j < supports; j++) {
      const raters = near.filter(({ i }) => !Number.isNaN(rows[i]![j]!)).slice(0, neighbours);
      const byLearners = weighted(
        mean,
        raters.map(({ i, weight }) => [weight, rows[i]![j]! - means[i]!]),
      );
      const rated =
        itemShare > 0 ? Array.from(own.keys()).filter((k) => k !== j && !Number.isNaN(own[k]!)) : [];
      const byItems = weighted(
        0,
        rated.map((k) => [Math.max(0, alike[j]![k]!), own[k]!]),
        mean,
      );
      found[learner * supports + j] = itemShare * byItems + (1 - itemShare) * byLearners;
    }
  }
  return found;
}

/** `base` and the weighted mean of deviations from it; `otherwise` where no weight is left. */
function weighted(base: number, pairs: readonly (readonly [number, number])[], otherwise = base): number {
  const total = pairs.reduce((sum, [weight]) => sum + Math.abs(weight), 0);
  if (total === 0) return otherwise;
  return base + pairs.reduce((sum, [weight, value]) => sum + weight * value, 0) / total;
}

function meanOf(ratings: Float32Array): number | undefined {
  const given = ratings.filter((rating) => !Number.isNaN(rating));
  return given.length === 0 ? undefined : given.reduce((a, b) => a + b, 0) / given.length;
}

/** Of two lines of ratings where both have one, in [-1, 1]; 0 for fewer than two such places. */
function likeness(a: Float32Array, b: Float32Array, similarity: Similarity): number {
  let [n, sumA, sumB, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    n++;
    sumA += x;
    sumB += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  if (n < 2) return 0;
  if (similarity === 'euclidean') return 1 / (1 + Math.sqrt(Math.max(0, aa + bb - 2 * ab)));
  const centred = similarity === 'pearson' ? 1 / n : 0;
  const spread = (aa - centred * sumA * sumA) * (bb - centred * sumB * sumB);
  return spread <= 0 ? 0 : (ab - centred * sumA * sumB) / Math.sqrt(spread);
}
