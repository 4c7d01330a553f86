/** A WAV file of samples from -1 to 1, those of one moment side by side. */
export function wav(
  samples: readonly number[],
  {
    bits,
    rate,
    channels = 1,
    float = false,
  }: { bits: number; rate: number; channels?: number; float?: boolean },
): Uint8Array {
  const width = Math.ceil(bits / 8);
  const file = Buffer.alloc(44 + samples.length * width);
  file.write('RIFF', 0);
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(float ? 3 : 1, 20);
  file.writeUInt16LE(channels, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate * channels * width, 28);
  file.writeUInt16LE(channels * width, 32);
  file.writeUInt16LE(bits, 34);
  file.write('data', 36);
  file.writeUInt32LE(samples.length * width, 40);
  for (const [i, x] of samples.entries()) {
    const at = 44 + i * width;
    if (float) file.writeFloatLE(x, at);
    else if (bits === 8) file.writeUInt8(Math.round(128 + 127 * x), at);
    else file.writeIntLE(Math.round(x * (2 ** (8 * width - 1) - 1)), at, width);
  }
  return file;
}
