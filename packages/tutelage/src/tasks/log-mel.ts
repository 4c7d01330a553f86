import type { Sound } from './wav.js';

/** Seconds of sound that a spectrum sees, and between two of them. */
const window = 0.032;
const hop = 0.008;
/** Below this energy all is silence. */
const leastEnergy = 1e-6;

/**
 * A sound as a picture: the logarithm of the energy in bands of equal width on the mel scale (Stevens et al. 1937, in O'Shaughnessy's
 * formula), from 32 ms at a time. Sounds of all lengths are stretched to the same number of columns.
 *
 * @returns [bands, columns], the lowest band first
 */
export function logMel({ rate, samples }: Sound, bands: number, columns: number): Float32Array {
  const size = 2 ** Math.ceil(Math.log2(window * rate));
  const step = Math.max(1, Math.round(hop * rate));
  const frames = Math.max(1, 1 + Math.floor((samples.length - size) / step));
  const filters = melFilters(bands, size, rate);
  const picture = new Float32Array(bands * columns);
  for (let column = 0; column < columns; column++) {
    // The frame in the middle of the column's share of the sound.
    const frame = Math.min(frames - 1, Math.floor(((column + 0.5) * frames) / columns));
    const power = powerSpectrum(samples, frame * step, size);
    filters.forEach((filter, band) => {
      const energy = filter.reduce((sum, weight, bin) => sum + weight * power[bin]!, 0);
      picture[band * columns + column] = Math.log(energy + leastEnergy);
    });
  }
  return picture;
}

/** Triangles over the bins of a spectrum, each from the middle of the band below to that of the band above. */
function melFilters(bands: number, size: number, rate: number): readonly Float64Array[] {
  const mel = (hertz: number) => 1127 * Math.log1p(hertz / 700);
  const middle = (i: number) => (mel(rate / 2) * i) / (bands + 1);
  return Array.from({ length: bands }, (_, band) =>
    Float64Array.from({ length: size / 2 + 1 }, (_, bin) => {
      const at = mel((bin * rate) / size);
      const rise = (at - middle(band)) / (middle(band + 1) - middle(band));
      const fall = (middle(band + 2) - at) / (middle(band + 2) - middle(band + 1));
      return Math.max(0, Math.min(rise, fall));
    }),
  );
}

/** Squared moduli of the spectrum of `size` samples (a power of 2) under a Hann window; beyond the sound is silence. */
function powerSpectrum(samples: Float32Array, start: number, size: number): Float64Array {
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  const bits = Math.log2(size);
  for (let i = 0; i < size; i++) {
    let mirrored = 0;
    for (let bit = 0; bit < bits; bit++) mirrored |= ((i >> bit) & 1) << (bits - 1 - bit);
    real[mirrored] = (samples[start + i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  }
  // Cooley and Tukey 1965, in place, from pairs upward.
  for (let half = 1; half < size; half *= 2) {
    for (let i = 0; i < size; i += 2 * half) {
      for (let j = 0; j < half; j++) {
        const angle = (-Math.PI * j) / half;
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        const [a, b] = [i + j, i + j + half];
        const [x, y] = [real[b]! * cos - imaginary[b]! * sin, real[b]! * sin + imaginary[b]! * cos];
        [real[b], imaginary[b]] = [real[a]! - x, imaginary[a]! - y];
        real[a]! += x;
        imaginary[a]! += y;
      }
    }
  }
  return Float64Array.from({ length: size / 2 + 1 }, (_, i) => (real[i]! ** 2 + imaginary[i]! ** 2) / size);
}
