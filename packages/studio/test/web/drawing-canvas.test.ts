import { expect, test } from 'vitest';
import { centred, channelsOf, greyOf, inChannels } from '../../web/src/drawing-canvas.js';

/** A filled box of ink in a square drawing. */
function box(side: number, left: number, top: number, width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    return x >= left && x < left + width && y >= top && y < top + height ? 255 : 0;
  });
}

function extent(pixels: Uint8Array, size: number) {
  const inked = [...pixels.keys()].filter((i) => pixels[i]! > 127);
  const [xs, ys] = [inked.map((i) => i % size), inked.map((i) => Math.floor(i / size))];
  return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
}

test.each([
  ['in a corner', box(280, 0, 0, 40, 80)],
  ['in the middle', box(280, 100, 100, 80, 160)],
  ['large', box(280, 70, 0, 140, 280)],
])('a drawing %s fills 20 of 28 rows around the middle', (_, drawn) => {
  const pixels = centred(drawn, 280, 28);
  expect(pixels).toHaveLength(28 * 28);
  expect(extent(pixels, 28)).toEqual([9, 18, 4, 23]);
});

test('nothing drawn is nothing', () => {
  expect(centred(new Uint8Array(16), 4, 28).every((ink) => ink === 0)).toBe(true);
});

test('channels of a canvas', () => {
  const rgba = [255, 0, 0, 255, 10, 20, 30, 255];
  expect([...channelsOf(rgba, 3)]).toEqual([255, 0, 0, 10, 20, 30]);
  expect([...channelsOf(rgba, 1)]).toEqual([76, 18]);
  expect([...inChannels(Uint8Array.of(7, 9), 3)]).toEqual([7, 7, 7, 9, 9, 9]);
  expect([...greyOf([255, 255, 255, 255])]).toEqual([255]);
});
