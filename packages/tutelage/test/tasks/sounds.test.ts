import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { logMel } from '../../src/tasks/log-mel.js';
import { decodeWav } from '../../src/tasks/wav.js';
import { wav } from './wav-file.js';

const tone = (hertz: number, rate: number, seconds: number) =>
  Array.from({ length: rate * seconds }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate));

describe('WAV files', () => {
  it.each([
    [8, 1 / 100],
    [16, 1 / 20_000],
    [24, 1e-6],
    [32, 1e-6],
  ])('of %i bits', (bits, tolerance) => {
    const { rate, samples } = decodeWav(wav([0, 0.5, -0.5, 0.99, -1], { bits, rate: 8000 }), 'a.wav');
    expect(rate).toBe(8000);
    for (const [i, x] of [0, 0.5, -0.5, 0.99, -1].entries()) {
      expect(Math.abs(samples[i]! - x)).toBeLessThan(tolerance);
    }
  });

  it('of floats, and of two channels, which are averaged', () => {
    expect([...decodeWav(wav([0.25, -2], { bits: 32, rate: 44_100, float: true }), 'a').samples]).toEqual([
      0.25, -2,
    ]);
    const stereo = wav([0.5, -0.5, 0.25, 0.75], { bits: 16, rate: 8000, channels: 2 });
    const { samples } = decodeWav(stereo, 'a');
    expect(samples).toHaveLength(2);
    expect(samples[1]).toBeCloseTo(0.5, 3);
  });

  it('that are cut off, empty or no WAV files are refused, never crash', () => {
    const good = wav(tone(440, 8000, 0.01), { bits: 16, rate: 8000 });
    for (let end = 0; end < good.length; end++) {
      try {
        expect(decodeWav(good.subarray(0, end), 'a').samples.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }
    expect(() => decodeWav(new Uint8Array(100), 'a.wav')).toThrow('not a readable WAV file: a.wav');
    expect(() => decodeWav(wav([0], { bits: 12, rate: 8000 }), 'a')).toThrow(UserError);
  });
});

describe('log-mel pictures', () => {
  it('are brightest in the band of a tone', () => {
    const rate = 8000;
    const mel = (hertz: number) => 1127 * Math.log1p(hertz / 700);
    for (const hertz of [300, 1000, 2500]) {
      const picture = logMel({ rate, samples: Float32Array.from(tone(hertz, rate, 0.5)) }, 24, 10);
      const column = Array.from({ length: 24 }, (_, band) => picture[band * 10 + 5]!);
      const expected = (mel(hertz) / mel(rate / 2)) * 25 - 1;
      expect(Math.abs(column.indexOf(Math.max(...column)) - expected)).toBeLessThan(1);
    }
  });

  it('follow the sound in time, and are all alike in size', () => {
    const samples = Float32Array.from([...new Array(4000).fill(0), ...tone(1000, 8000, 0.5)]);
    const picture = logMel({ rate: 8000, samples }, 8, 6);
    const energy = (column: number) =>
      Math.max(...Array.from({ length: 8 }, (_, band) => picture[band * 6 + column]!));
    expect(energy(0)).toBeLessThan(energy(5) - 5);
    expect(logMel({ rate: 8000, samples: Float32Array.of(0.1) }, 8, 6)).toHaveLength(48);
  });
});
