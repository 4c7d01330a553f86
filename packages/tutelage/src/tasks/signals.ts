import { random } from '@tutelage/engine';
import type { LabelledMaps } from './labelled-maps.js';

const classes = ['background', 'slow sine', 'fast sine', 'square', 'sawtooth', 'product'];

const length = 128;
const noise = 0.45;
/** Cycles a sample. */
const slow = 1 / 25;
const fast = 1 / 8;

/** A wave of each class but the background, by the number of samples, fractions included, since its phase was 0. */
const waves: readonly ((cycles: number) => number)[] = [
  (t) => Math.sin(2 * Math.PI * slow * t),
  (t) => Math.sin(2 * Math.PI * fast * t),
  (t) => Math.sign(Math.sin(2 * Math.PI * slow * t)),
  (t) => 2 * ((slow * t) % 1) - 1,
  (t) => Math.sin(2 * Math.PI * slow * t) * Math.sin(2 * Math.PI * fast * t),
];

/**
 * Signals of 128 noisy samples that are made of segments of 12 to 36 samples: a flat background or one of five waves, each of
 * random strength, phase, level and, within a tenth, frequency. What is asked is the class of each sample.
 *
 * @param key equal keys give equal signals
 */
export function segmentedSignals(count: number, key: random.Key): LabelledMaps {
  const inputs = new Float32Array(count * length);
  random.fillNormal(inputs, random.foldIn(key, 'noise'));
  const labels = new Int32Array(count * length);
  const draws = new Float32Array(count * length);
  random.fillUniform(draws, random.foldIn(key, 'segments'));
  for (let n = 0; n < count; n++) {
    let drawn = n * length;
    const between = (low: number, high: number) => low + (high - low) * draws[drawn++]!;
    for (let start = 0; start < length; ) {
      const end = Math.min(length, start + Math.floor(between(12, 37)));
      const label = Math.floor(between(0, classes.length));
      const strength = between(0.6, 1.6);
      const phase = between(0, 1 / slow);
      const level = between(-0.4, 0.4);
      const tempo = between(0.9, 1.1);
      for (let i = start; i < end; i++) {
        const wave = label === 0 ? 0 : waves[label - 1]!(tempo * i + phase);
        const at = n * length + i;
        inputs[at] = noise * inputs[at]! + strength * wave + level;
        labels[at] = label;
      }
      start = end;
    }
  }
  return { count, channels: 1, size: [length], classes, inputs, labels };
}
