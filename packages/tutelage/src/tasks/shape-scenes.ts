import { random } from '@tutelage/engine';
import type { LabelledMaps } from './labelled-maps.js';

const side = 32;
const noise = 0.15;
const drawsAScene = 32;

/** Whether a place lies on a shape of radius 1 around the origin. */
const shapes: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  disc: (x, y) => x * x + y * y < 1,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.85,
  triangle: (x, y) => y < 0.8 && y > 2 * Math.abs(x) - 1,
  ring: (x, y) => x * x + y * y < 1 && x * x + y * y > 0.35,
  cross: (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.3 && Math.max(Math.abs(x), Math.abs(y)) < 1,
};

const classes = ['background', ...Object.keys(shapes)];

/**
 * Grey scenes of 32 x 32 noisy pixels, in which 2 to 4 shapes of random kind, place, size and brightness overlap. What is asked is the
 * shape that each pixel shows.
 *
 * @param key equal keys give equal scenes
 */
export function shapeScenes(count: number, key: random.Key): LabelledMaps {
  const area = side * side;
  const inputs = new Float32Array(count * area);
  random.fillNormal(inputs, random.foldIn(key, 'noise'));
  for (let i = 0; i < inputs.length; i++) inputs[i]! *= noise;
  const labels = new Int32Array(count * area);
  const draws = new Float32Array(count * drawsAScene);
  random.fillUniform(draws, random.foldIn(key, 'shapes'));
  for (let n = 0; n < count; n++) {
    let drawn = n * drawsAScene;
    const between = (low: number, high: number) => low + (high - low) * draws[drawn++]!;
    const shown = Math.floor(between(2, 5));
    const light = new Float32Array(area).fill(between(-0.5, 0.5));
    for (let s = 0; s < shown; s++) {
      const label = 1 + Math.floor(between(0, classes.length - 1));
      const [radius, brightness] = [between(4, 9), between(-1.5, 1.5)];
      const [left, top] = [between(4, side - 4), between(4, side - 4)];
      for (let i = 0; i < area; i++) {
        const [x, y] = [((i % side) - left) / radius, (Math.floor(i / side) - top) / radius];
        if (!shapes[classes[label]!]!(x, y)) continue;
        light[i] = brightness;
        labels[n * area + i] = label;
      }
    }
    for (let i = 0; i < area; i++) inputs[n * area + i]! += light[i]!;
  }
  return { count, channels: 1, size: [side, side], classes, inputs, labels };
}
