/**
 * Grey pixels of a drawing as those of handwritten digits are: scaled so that what is drawn fits into 20/28 of the height, and moved so
 * that its centre of mass is in the middle (LeCun et al. 1998, section III A).
 *
 * @param pixels 0 for nothing, to 255; row by row, `from` wide and high
 * @param size width and height of the result
 */
export function centred(pixels: ArrayLike<number>, from: number, size: number): Uint8Array {
  const box = boundsOf(pixels, from);
  const result = new Uint8Array(size * size);
  if (!box) return result;
  const scale = (box.side * 28) / (20 * size);
  const [x0, y0] = [box.x - (scale * size) / 2, box.y - (scale * size) / 2];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      result[y * size + x] = meanOf(pixels, from, [x0 + x * scale, y0 + y * scale], scale);
    }
  }
  return result;
}

/** The longer side of what is drawn, and its centre of mass; undefined when nothing is. */
function boundsOf(pixels: ArrayLike<number>, from: number) {
  let [left, right, top, bottom, mass, x, y] = [from, -1, from, -1, 0, 0, 0];
  for (let i = 0; i < from * from; i++) {
    const ink = pixels[i]!;
    if (ink === 0) continue;
    const [column, row] = [i % from, Math.floor(i / from)];
    left = Math.min(left, column);
    right = Math.max(right, column);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
    mass += ink;
    x += ink * (column + 0.5);
    y += ink * (row + 0.5);
  }
  return mass === 0
    ? undefined
    : { side: Math.max(right - left, bottom - top) + 1, x: x / mass, y: y / mass };
}

/** Mean ink of a square of the drawing; outside of it there is none. */
function meanOf(
  pixels: ArrayLike<number>,
  from: number,
  [x, y]: readonly [number, number],
  side: number,
): number {
  const samples = Math.max(1, Math.ceil(side));
  let sum = 0;
  for (let j = 0; j < samples; j++) {
    for (let i = 0; i < samples; i++) {
      const column = Math.floor(x + ((i + 0.5) * side) / samples);
      const row = Math.floor(y + ((j + 0.5) * side) / samples);
      if (column >= 0 && column < from && row >= 0 && row < from) sum += pixels[row * from + column]!;
    }
  }
  return Math.round(sum / samples ** 2);
}

/** The grey of pixels of a canvas (red, green, blue, alpha), one byte each. */
export function greyOf(rgba: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(
    { length: rgba.length / 4 },
    (_, i) => 0.299 * rgba[4 * i]! + 0.587 * rgba[4 * i + 1]! + 0.114 * rgba[4 * i + 2]!,
  );
}

/** Pixels of a canvas in the channels that a student takes: one of grey, or red, green and blue. */
export function channelsOf(rgba: ArrayLike<number>, channels: number): Uint8Array {
  if (channels === 1) return greyOf(rgba);
  return Uint8Array.from(
    { length: (rgba.length / 4) * channels },
    (_, i) => rgba[4 * Math.floor(i / channels) + (i % channels)]!,
  );
}

/** Grey pixels in the channels that a student takes, all alike. */
export function inChannels(grey: Uint8Array, channels: number): Uint8Array {
  return Uint8Array.from({ length: grey.length * channels }, (_, i) => grey[Math.floor(i / channels)]!);
}
