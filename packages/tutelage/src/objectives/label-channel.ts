import {
  add,
  cast,
  concat,
  gatherElements,
  mul,
  random,
  reshape,
  slice,
  sub,
  type Value,
} from '@tutelage/engine';

/** How labels are shown: whose, by which codes, how large, and how noisy. */
export interface Painting {
  readonly source: 'own' | 'other' | 'blank';
  readonly codes: 'random' | 'fixed';
  readonly scale: number;
  readonly noise: number;
}

/** Spread of the released fixed codes: (id - 11) / 10 for the 22 ids of Pascal VOC. */
const fixedSpread = 2.2;

/**
 * The label noising module: [batch, 1, ...size] from labels [batch, ...size]. Every image draws a number for each id; a pixel shows
 * its id's. So equal numbers tell what belongs together, and their values, another time others, tell nothing.
 */
export function labelChannel(labels: Value, classes: number, key: Value, painting: Painting): Value {
  const { source, codes, scale, noise } = painting;
  const [batch, ids] = [labels.dim(0), classes + 1];
  const next = concat([slice(labels, { axis: 0, start: 1 }), slice(labels, { axis: 0, end: 1 })], 0);
  const shown = reshape(source === 'other' ? next : labels, [batch, -1]);
  const painted =
    codes === 'fixed'
      ? mul(sub(cast(shown, 'float32'), ids / 2), fixedSpread / ids)
      : gatherElements(random.normal(random.foldInTraced(key, 'codes'), [batch, ids]), shown, 1);
  const spoiled = add(painted, mul(random.normal(random.foldInTraced(key, 'noise'), shown.shape), noise));
  return reshape(mul(spoiled, source === 'blank' ? 0 : scale), [batch, 1, ...labels.shape.slice(1)]);
}
