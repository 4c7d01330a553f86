import { ModelFileError } from './errors.js';

/** How a field's payload is laid out; the low three bits of its tag. */
export const WireType = { VARINT: 0, FIXED64: 1, BYTES: 2, FIXED32: 5 } as const;
export type WireType = (typeof WireType)[keyof typeof WireType];

/** Largest message that protobuf implementations accept. */
export const MAX_MESSAGE_BYTES = 2 ** 31 - 1;

const MAX_DEPTH = 100;
const TWO_32 = 2 ** 32;
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** Decodes UTF-8. Throws `ModelFileError` if it isn't valid. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    throw new ModelFileError('text is not valid UTF-8');
  }
}

/** Encodes text as UTF-8. */
export function encodeUtf8(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** A bounds-checked cursor over protobuf bytes. Byte strings that it returns are views, not copies. */
export class WireReader {
  position = 0;
  end: number;
  private depth = 0;
  private high = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    // A Node Buffer would pass its class on to the views.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.end = bytes.length;
  }

  fail(problem: string): never {
    throw new ModelFileError(`${problem} (at byte ${this.position})`);
  }

  /** Reads a varint of up to 64 bits; returns the low 32 as an unsigned number and keeps the high 32. */
  private varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= this.end) this.fail('truncated number');
      const byte = this.bytes[this.position++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.high = high >>> 0;
        return low >>> 0;
      }
    }
    return this.fail('number longer than 10 bytes');
  }

  /** A field's tag: number times 8 plus wire type. */
  tag(): number {
    const tag = this.varint();
    if (this.high !== 0 || tag >>> 3 === 0) this.fail(`invalid field tag: ${tag}`);
    return tag;
  }

  /** A signed 64-bit integer; beyond the safe integers it saturates at plus or minus `MAX_SAFE_INTEGER`. */
  int64(): number {
    const low = this.varint();
    const value = (this.high | 0) * TWO_32 + low;
    return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
  }

  /** Reads a 64-bit integer into two little-endian words of `words`, exactly. */
  int64Words(words: Uint32Array, index: number): void {
    words[index] = this.varint();
    words[index + 1] = this.high;
  }

  float32(): number {
    const start = this.advance(4);
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + start, 4).getFloat32(0, true);
  }

  byteString(): Uint8Array {
    const length = this.length();
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }

  string(): string {
    const bytes = this.byteString();
    if (bytes.length <= 64) {
      let text = '';
      for (const byte of bytes) {
        if (byte >= 0x80) return decodeUtf8(bytes);
        text += String.fromCharCode(byte);
      }
      return text;
    }
    return decodeUtf8(bytes);
  }

  /** Runs `read` on a length-delimited part of the input: a nested message or packed numbers. */
  nested<T>(read: () => T): T {
    const length = this.length();
    if (length > this.end - this.position) this.fail(`length beyond the end: ${length}`);
    if (++this.depth > MAX_DEPTH) this.fail(`messages nested deeper than ${MAX_DEPTH}`);
    const outerEnd = this.end;
    this.end = this.position + length;
    const result = read();
    this.end = outerEnd;
    this.depth--;
    return result;
  }

  /** Skips a field's payload and returns it: the bytes within, for a length-delimited field. */
  payload(wireType: number): Uint8Array {
    if (wireType === WireType.BYTES) return this.byteString();
    const start = this.position;
    if (wireType === WireType.VARINT) this.varint();
    else if (wireType === WireType.FIXED64) this.advance(8);
    else if (wireType === WireType.FIXED32) this.advance(4);
    else this.fail(`unknown wire type: ${wireType}`);
    return this.bytes.subarray(start, this.position);
  }

  private length(): number {
    const length = this.varint();
    if (this.high !== 0) this.fail('length beyond 4 GiB');
    return length;
  }

  private advance(count: number): number {
    const start = this.position;
    if (count > this.end - start) this.fail(`length beyond the end: ${count}`);
    this.position += count;
    return start;
  }
}

const FIRST_CHUNK_BYTES = 1 << 12;
const LAST_CHUNK_BYTES = 1 << 20;

/** Byte strings of this size are kept by reference until `finish`, so that weights are copied once. */
const BY_REFERENCE_BYTES = 1 << 14;

/**
 * Writes protobuf back to front: a nested message's length is known once its content stands, so one pass suffices
 * and nothing is ever moved. Fields, and the items of repeated fields, must therefore be written last to first.
 */
export class WireWriter {
  private chunk = new Uint8Array(FIRST_CHUNK_BYTES);
  private start = FIRST_CHUNK_BYTES;
  private readonly closed: Uint8Array[] = [];
  private closedBytes = 0;
  private readonly digits = new Uint8Array(10);

  /** Bytes written so far. */
  get size(): number {
    return this.closedBytes + this.chunk.length - this.start;
  }

  tag(fieldNumber: number, wireType: WireType): void {
    this.int64(fieldNumber * 8 + wireType);
  }

  /** Writes an integer; plus or minus `MAX_SAFE_INTEGER` becomes the largest or smallest 64-bit integer. */
  int64(value: number): void {
    if ((value & 0x7f) === value) {
      this.reserve(1);
      this.chunk[this.start] = value;
      return;
    }
    let low = value >>> 0;
    let high = Math.floor(value / TWO_32) >>> 0;
    if (value === Number.MAX_SAFE_INTEGER) [low, high] = [0xffffffff, 0x7fffffff];
    else if (value === -Number.MAX_SAFE_INTEGER) [low, high] = [0, 0x80000000];
    else if (!Number.isSafeInteger(value)) throw new ModelFileError(`not a safe integer: ${value}`);
    let count = 0;
    while (high !== 0 || low >= 0x80) {
      this.digits[count++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.digits[count++] = low;
    this.reserve(count);
    for (let index = 0; index < count; index++) this.chunk[this.start + index] = this.digits[index]!;
  }

  float32(value: number): void {
    this.reserve(4);
    new DataView(this.chunk.buffer, this.start, 4).setFloat32(0, value, true);
  }

  byteString(bytes: Uint8Array): void {
    if (bytes.length >= BY_REFERENCE_BYTES) {
      this.close(FIRST_CHUNK_BYTES);
      this.closed.push(bytes);
      this.closedBytes += bytes.length;
    } else {
      this.reserve(bytes.length);
      this.chunk.set(bytes, this.start);
    }
    this.int64(bytes.length);
  }

  string(text: string): void {
    this.reserve(text.length);
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) {
        this.start += text.length;
        this.byteString(encodeUtf8(text));
        return;
      }
      this.chunk[this.start + index] = code;
    }
    this.int64(text.length);
  }

  /** Writes what `write` writes, preceded by its length. */
  nested(write: () => void): void {
    const before = this.size;
    write();
    this.int64(this.size - before);
  }

  /** Everything written, in one array. Throws `ModelFileError` beyond protobuf's 2 GiB. */
  finish(): Uint8Array {
    const size = this.size;
    if (size > MAX_MESSAGE_BYTES) {
      throw new ModelFileError(
        `model too large for one ONNX file: ${size} bytes, the limit is ${MAX_MESSAGE_BYTES}; keep its weights in safetensors`,
      );
    }
    this.close(0);
    const result = new Uint8Array(size);
    let end = size;
    for (const chunk of this.closed) {
      end -= chunk.length;
      result.set(chunk, end);
    }
    return result;
  }

  private reserve(count: number): void {
    if (count > this.start) this.close(Math.max(count, Math.min(this.size * 2, LAST_CHUNK_BYTES)));
    this.start -= count;
  }

  private close(nextBytes: number): void {
    const written = this.chunk.subarray(this.start);
    if (written.length > 0) this.closed.push(written);
    this.closedBytes += written.length;
    this.chunk = new Uint8Array(nextBytes);
    this.start = nextBytes;
  }
}
