import { UserError } from '../core/errors.js';

/** A sound, its channels averaged. */
export interface Sound {
  /** Samples a second. */
  readonly rate: number;
  /** From -1 to 1. */
  readonly samples: Float32Array;
}

const integer = 1;
const float = 3;
const extensible = 0xfffe;

/**
 * Decodes a WAV file: whole numbers of 8, 16, 24 or 32 bits, or floats of 32, with any number of channels.
 *
 * @param name of the file, for errors
 * @throws {UserError} when it is not one of these
 */
export function decodeWav(bytes: Uint8Array, name: string): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (detail: string): never => {
    throw new UserError(`not a readable WAV file: ${name}`, { detail });
  };
  const word = (at: number) => Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
  if (bytes.length < 12 || word(0) !== 'RIFF' || word(8) !== 'WAVE') fail('it does not begin as one');
  let format: { kind: number; channels: number; rate: number; bits: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (word(at) === 'fmt ') {
      if (size < 16 || start + size > bytes.length) fail('its format is cut off');
      const stated = view.getUint16(start, true);
      format = {
        kind: stated === extensible && size >= 26 ? view.getUint16(start + 24, true) : stated,
        channels: view.getUint16(start + 2, true),
        rate: view.getUint32(start + 4, true),
        bits: view.getUint16(start + 14, true),
      };
    }
    if (word(at) === 'data') {
      if (!format) return fail('its data come before its format');
      const { kind, channels, rate, bits } = format;
      const known = kind === integer ? [8, 16, 24, 32].includes(bits) : kind === float && bits === 32;
      if (!known || channels === 0 || rate === 0) {
        return fail(`format ${kind}, ${bits} bits, ${channels} channels, ${rate} samples a second`);
      }
      // Recorders that were stopped leave a size that is too large.
      const end = Math.min(start + size, bytes.length);
      const frames = Math.floor((end - start) / ((bits / 8) * channels));
      if (frames === 0) fail('it holds no samples');
      const samples = new Float32Array(frames);
      for (let i = 0; i < frames * channels; i++) {
        samples[Math.floor(i / channels)]! += sampleAt(view, start + (i * bits) / 8, kind, bits) / channels;
      }
      return { rate, samples };
    }
    at = start + size + (size % 2);
  }
  return fail('it holds no data');
}

function sampleAt(view: DataView, at: number, kind: number, bits: number): number {
  if (kind === float) return view.getFloat32(at, true);
  if (bits === 8) return (view.getUint8(at) - 128) / 128;
  if (bits === 16) return view.getInt16(at, true) / 2 ** 15;
  if (bits === 24) return (view.getInt8(at + 2) * 2 ** 16 + view.getUint16(at, true)) / 2 ** 23;
  return view.getInt32(at, true) / 2 ** 31;
}
