import { tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { constant } from '../ops/apply.js';
import { add, cast, cos, exp, mul, neg, sin } from '../ops/elementwise.js';
import { concat, expandDims, reshape, slice } from '../ops/shape.js';
import { iota } from '../ops/sources.js';

/** Cosines and sines of the angles of a rotary embedding, [positions, width]. */
export interface RotaryTable {
  readonly cos: Value;
  readonly sin: Value;
}

/**
 * The angles of rotary position embedding (Su et al. 2021): position times base^(-2i / width), i = 0 .. width / 2 - 1, in the
 * layout of Hugging Face's LLaMA, where the two halves of a head hold the two coordinates of each rotated plane.
 *
 * @param positions number of positions from 0, or their values [n]
 * @param width of a head, even
 * @param base or the angle of each plane from one position to the next, [width / 2]
 */
export function rotaryTable(
  positions: number | Value,
  width: number,
  base: number | readonly number[] = 10_000,
): RotaryTable {
  const at = typeof positions === 'number' ? iota(positions, 'float32') : cast(positions, 'float32');
  const frequency =
    typeof base === 'number'
      ? exp(mul(iota(width / 2, 'float32'), (-2 * Math.log(base)) / width))
      : constant(tensor(Float32Array.from(base)));
  const half = mul(expandDims(at, 1), reshape(frequency, [1, width / 2]));
  const angle = concat([half, half], 1);
  return { cos: cos(angle), sin: sin(angle) };
}

/** Rotates queries or keys by their positions: [batch, heads, positions, width]. */
export function rotate(x: Value, table: RotaryTable): Value {
  const half = x.dim(-1) / 2;
  const turned = concat([neg(slice(x, { axis: -1, start: half })), slice(x, { axis: -1, end: half })], -1);
  return add(mul(x, table.cos), mul(turned, table.sin));
}
