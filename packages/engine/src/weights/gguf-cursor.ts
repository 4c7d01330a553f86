import type { ByteSource } from '../onnx/byte-source.js';
import { ModelFileError } from '../onnx/errors.js';

const WINDOW_BYTES = 1 << 20;
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a GGUF header from front to back through a window, so that a large file isn't read whole. */
export class GgufCursor {
  position = 0;
  private window: DataView = new DataView(new ArrayBuffer(0));
  private windowStart = 0;

  constructor(private readonly source: ByteSource) {}

  /** Bytes that are left: nothing in the file can have more parts than that. */
  get remaining(): number {
    return this.source.size - this.position;
  }

  uint8 = (): number => this.advance(1, (view, at) => view.getUint8(at));
  int8 = (): number => this.advance(1, (view, at) => view.getInt8(at));
  uint16 = (): number => this.advance(2, (view, at) => view.getUint16(at, true));
  int16 = (): number => this.advance(2, (view, at) => view.getInt16(at, true));
  uint32 = (): number => this.advance(4, (view, at) => view.getUint32(at, true));
  int32 = (): number => this.advance(4, (view, at) => view.getInt32(at, true));
  float32 = (): number => this.advance(4, (view, at) => view.getFloat32(at, true));
  float64 = (): number => this.advance(8, (view, at) => view.getFloat64(at, true));
  uint64 = (): number | bigint => narrow(this.advance(8, (view, at) => view.getBigUint64(at, true)));
  int64 = (): number | bigint => narrow(this.advance(8, (view, at) => view.getBigInt64(at, true)));

  boolean = (): boolean => {
    const byte = this.uint8();
    if (byte > 1) throw new ModelFileError(`invalid boolean: ${byte}`);
    return byte === 1;
  };

  string = (): string => {
    const length = this.count('string length', 1);
    const bytes = this.advance(
      length,
      (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, length),
    );
    try {
      return utf8Decoder.decode(bytes);
    } catch {
      throw new ModelFileError('text is not valid UTF-8');
    }
  };

  /** A number of items to follow, each of at least `itemBytes`. Throws `ModelFileError` if they can't all be there. */
  count(what: string, itemBytes: number): number {
    const value = this.uint64();
    if (typeof value === 'bigint' || value * itemBytes > this.remaining) {
      throw new ModelFileError(`${what} beyond the end of the file: ${value}`);
    }
    return value;
  }

  private advance<T>(length: number, read: (view: DataView, at: number) => T): T {
    if (length > this.remaining) throw new ModelFileError(`truncated GGUF header (at byte ${this.position})`);
    const at = this.position - this.windowStart;
    const inWindow = at + length <= this.window.byteLength;
    if (!inWindow) this.moveWindow(Math.min(Math.max(length, WINDOW_BYTES), this.remaining));
    const result = read(this.window, inWindow ? at : 0);
    this.position += length;
    return result;
  }

  private moveWindow(length: number): void {
    const bytes = this.source.read(this.position, length);
    this.window = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.windowStart = this.position;
  }
}

/** A 64-bit integer as a number where it is exact. */
function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
