import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Log } from '../api/index.js';

/** Bytes of a log that are given at a time. */
const maxBytes = 256 * 1024;

/** A part of a log from a byte offset on. The part does not end within a character. */
export function readLog(path: string, from: number): Log {
  if (!existsSync(path)) return { text: '', end: 0, size: 0 };
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const start = Math.min(from, size);
    const bytes = Buffer.alloc(Math.min(maxBytes, size - start));
    const read = bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, start));
    const whole = read.subarray(0, wholeCharacters(read));
    return { text: whole.toString('utf8'), end: start + whole.length, size };
  } finally {
    closeSync(descriptor);
  }
}

/** Bytes up to the last character that is there as a whole. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
