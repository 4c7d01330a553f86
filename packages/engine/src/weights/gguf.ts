import { type ByteSource, memorySource } from '../onnx/byte-source.js';
import { inPlace, ModelFileError } from '../onnx/errors.js';
import { GgufCursor } from './gguf-cursor.js';
import { GGUF_TYPES, type GgufType } from './quantization.js';

/** A metadata value; 64-bit integers are bigints where a number can't hold them. */
export type GgufValue = string | number | bigint | boolean | readonly GgufValue[];

/** A tensor's stored type by ggml's name (such as `Q4_K`), and its shape with the slowest dimension first. */
export interface GgufInfo {
  readonly type: string;
  readonly shape: readonly number[];
}

/** A tensor with its elements expanded to float32, in row-major order. */
export interface GgufTensor extends GgufInfo {
  readonly data: Float32Array;
}

/** A GGUF file whose tensors are read and dequantised on demand. */
export interface Gguf {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufInfo>;
  /**
   * Reads one tensor. Throws `ModelFileError` if the file has none of that name, or in a type other than F32, F16,
   * BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and Q6_K.
   */
  read(name: string): GgufTensor;
  close(): void;
}

interface Entry extends GgufInfo {
  readonly layout: GgufType;
  readonly elements: number;
  readonly offset: number;
  readonly bytes: number;
}

const MAGIC = 0x46554747;
const VERSIONS: readonly number[] = [2, 3];
const DEFAULT_ALIGNMENT = 32;
const MAX_ALIGNMENT = 1 << 20;
const MAX_DIMENSIONS = 4;
const MAX_ARRAY_DEPTH = 4;

/** The fewest bytes that a metadata entry and a tensor's description can take. */
const MIN_ENTRY_BYTES = 13;
const MIN_INFO_BYTES = 24;

/** Reads a GGUF file (version 2 or 3) in memory. Throws `ModelFileError`. */
export function readGguf(bytes: Uint8Array): Gguf {
  return readGgufSource(memorySource(bytes));
}

/** Reads and checks a GGUF header. Throws `ModelFileError`. */
export function readGgufSource(source: ByteSource): Gguf {
  const cursor = new GgufCursor(source);
  if (cursor.uint32() !== MAGIC) throw new ModelFileError("not a GGUF file: it doesn't start with 'GGUF'");
  const version = cursor.uint32();
  if (!VERSIONS.includes(version)) throw new ModelFileError(`unsupported GGUF version: ${version}`);
  const tensorCount = cursor.count('number of tensors', MIN_INFO_BYTES);
  const metadata = readMetadata(cursor, cursor.count('number of metadata entries', MIN_ENTRY_BYTES));
  const tensors = readInfos(cursor, tensorCount);
  const alignment = alignmentOf(metadata);
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  checkLayout(tensors, alignment, source.size - dataStart);
  return {
    metadata,
    tensors,
    read(name) {
      const entry = tensors.get(name);
      if (entry === undefined) throw new ModelFileError(`no such tensor: '${name}'`);
      const { type, shape, layout, elements, offset, bytes } = entry;
      if (layout.dequantize === undefined)
        throw new ModelFileError(`unsupported type: ${type} (tensor '${name}')`);
      const data = new Float32Array(elements);
      layout.dequantize(source.read(dataStart + offset, bytes), data);
      return { type, shape, data };
    },
    close: () => source.close(),
  };
}

function readMetadata(cursor: GgufCursor, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let index = 0; index < count; index++) {
    const key = cursor.string();
    if (metadata.has(key)) throw new ModelFileError(`metadata key occurs twice: '${key}'`);
    try {
      metadata.set(key, readValue(cursor, cursor.uint32(), 0));
    } catch (error) {
      throw inPlace(error, `metadata '${key}'`);
    }
  }
  return metadata;
}

const ARRAY = 9;

function readValue(cursor: GgufCursor, type: number, depth: number): GgufValue {
  if (type !== ARRAY) return scalarReader(cursor, type)();
  if (depth === MAX_ARRAY_DEPTH) throw new ModelFileError(`arrays nested deeper than ${MAX_ARRAY_DEPTH}`);
  const itemType = cursor.uint32();
  const count = cursor.count('array length', 1);
  const items: GgufValue[] = [];
  for (let index = 0; index < count; index++) items.push(readValue(cursor, itemType, depth + 1));
  return items;
}

function scalarReader(cursor: GgufCursor, type: number): () => GgufValue {
  switch (type) {
    case 0:
      return cursor.uint8;
    case 1:
      return cursor.int8;
    case 2:
      return cursor.uint16;
    case 3:
      return cursor.int16;
    case 4:
      return cursor.uint32;
    case 5:
      return cursor.int32;
    case 6:
      return cursor.float32;
    case 7:
      return cursor.boolean;
    case 8:
      return cursor.string;
    case 10:
      return cursor.uint64;
    case 11:
      return cursor.int64;
    case 12:
      return cursor.float64;
    default:
      throw new ModelFileError(`unknown metadata type: ${type}`);
  }
}

function readInfos(cursor: GgufCursor, count: number): Map<string, Entry> {
  const tensors = new Map<string, Entry>();
  for (let index = 0; index < count; index++) {
    const name = cursor.string();
    if (tensors.has(name)) throw new ModelFileError(`tensor occurs twice: '${name}'`);
    try {
      tensors.set(name, readInfo(cursor));
    } catch (error) {
      throw inPlace(error, `tensor '${name}'`);
    }
  }
  return tensors;
}

function readInfo(cursor: GgufCursor): Entry {
  const dimensions = cursor.uint32();
  if (dimensions > MAX_DIMENSIONS) throw new ModelFileError(`too many dimensions: ${dimensions}`);
  const sizes: number[] = [];
  for (let index = 0; index < dimensions; index++) {
    const size = cursor.uint64();
    if (typeof size === 'bigint' || size === 0) throw new ModelFileError(`invalid dimension: ${size}`);
    sizes.push(size);
  }
  const typeCode = cursor.uint32();
  const layout = GGUF_TYPES.get(typeCode);
  if (layout === undefined) throw new ModelFileError(`unknown tensor type: ${typeCode}`);
  const offset = cursor.uint64();
  if (typeof offset === 'bigint') throw new ModelFileError(`absurd offset: ${offset}`);
  const elements = sizes.reduce((product, size) => product * size, 1);
  const rowElements = sizes[0] ?? 1;
  if (rowElements % layout.blockElements !== 0) {
    throw new ModelFileError(`rows of ${rowElements} elements don't fill blocks of ${layout.blockElements}`);
  }
  const bytes = (elements / layout.blockElements) * layout.blockBytes;
  if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(bytes)) {
    throw new ModelFileError(`absurd shape: [${sizes}]`);
  }
  return { type: layout.name, shape: sizes.reverse(), layout, elements, offset, bytes };
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>): number {
  const value = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  // A power of two has one bit in common with its negative: itself.
  if (typeof value === 'number' && value > 0 && value <= MAX_ALIGNMENT && (value & -value) === value)
    return value;
  throw new ModelFileError(`invalid alignment: ${String(value)}`);
}

function checkLayout(tensors: ReadonlyMap<string, Entry>, alignment: number, dataBytes: number): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.offset - b.offset);
  let position = 0;
  for (const [name, { offset, bytes }] of inOrder) {
    if (offset % alignment !== 0)
      throw new ModelFileError(`offset not aligned to ${alignment}: ${offset} (tensor '${name}')`);
    if (offset < position) throw new ModelFileError(`tensor data overlaps its neighbour: '${name}'`);
    position = offset + bytes;
    if (position > dataBytes) {
      throw new ModelFileError(
        `tensor data beyond the end of the file: ${position} of ${dataBytes} bytes (tensor '${name}')`,
      );
    }
  }
}
