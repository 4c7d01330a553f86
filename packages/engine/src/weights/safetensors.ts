import { type ByteSource, memorySource } from '../onnx/byte-source.js';
import { inPlace, ModelFileError } from '../onnx/errors.js';
import { bfloat16ToFloat32, halfToFloat32 } from './float16.js';
import { parseStrictJson } from './strict-json.js';

/** Bytes per element of each element type that Tutelage reads. */
const ELEMENT_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

/** An element type, by the format's name. */
export type SafetensorsDtype = keyof typeof ELEMENT_BYTES;

/** A tensor's type and shape. */
export interface SafetensorsInfo {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
}

/** A tensor with its elements: little-endian bytes in row-major order, at any alignment. */
export interface SafetensorsTensor extends SafetensorsInfo {
  readonly data: Uint8Array;
}

/** A weight file (or several shards of one) whose tensors are read on demand. */
export interface Safetensors {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, SafetensorsInfo>;
  /** Reads one tensor. Throws `ModelFileError` if the file has none of that name. */
  read(name: string): SafetensorsTensor;
  close(): void;
}

/** The format's own limit is 100 MB; the headers of the largest published models stay below 2. */
const MAX_HEADER_BYTES = 8 * 2 ** 20;
const METADATA_KEY = '__metadata__';
const LENGTH_BYTES = 8;
const OPENING_BRACE = 0x7b;

interface Entry extends SafetensorsInfo {
  readonly begin: number;
  readonly end: number;
}

/** Reads a safetensors file in memory; the tensors are views of `bytes`. Throws `ModelFileError`. */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  return readSafetensorsSource(memorySource(bytes));
}

/**
 * Reads the header of a safetensors file and checks all that the format promises: tensors fill the file without
 * holes or overlaps, lengths are exact, no name occurs twice. Throws `ModelFileError`.
 */
export function readSafetensorsSource(source: ByteSource): Safetensors {
  const { metadata, entries, dataStart } = readHeader(source);
  return {
    metadata,
    tensors: entries,
    read(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw new ModelFileError(`no such tensor: '${name}'`);
      const { dtype, shape, begin, end } = entry;
      return { dtype, shape, data: source.read(dataStart + begin, end - begin) };
    },
    close: () => source.close(),
  };
}

interface Header {
  readonly metadata: Record<string, string>;
  readonly entries: Map<string, Entry>;
  readonly dataStart: number;
}

function readHeader(source: ByteSource): Header {
  if (source.size < LENGTH_BYTES) throw new ModelFileError(`too short for safetensors: ${source.size} bytes`);
  const prefix = source.read(0, LENGTH_BYTES);
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new ModelFileError(
      `safetensors header too long: ${length} bytes, the limit is ${MAX_HEADER_BYTES}`,
    );
  }
  const bytes = source.read(LENGTH_BYTES, Number(length));
  const dataStart = LENGTH_BYTES + bytes.length;
  const json = parseHeader(bytes);
  const entries = new Map<string, Entry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(json)) {
    try {
      if (name === METADATA_KEY) metadata = readMetadata(value);
      else entries.set(name, readEntry(value));
    } catch (error) {
      throw inPlace(error, `tensor '${name}'`);
    }
  }
  checkLayout(entries, source.size - dataStart);
  return { metadata, entries, dataStart };
}

function parseHeader(bytes: Uint8Array): object {
  if (bytes[0] !== OPENING_BRACE) throw new ModelFileError("safetensors header doesn't start with '{'");
  return asObject(parseStrictJson(bytes));
}

function asObject(value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new ModelFileError('not a JSON object in safetensors header');
}

function readMetadata(value: unknown): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null);
  for (const [key, text] of Object.entries(asObject(value))) {
    if (typeof text !== 'string') throw new ModelFileError(`metadata that isn't text: '${key}'`);
    metadata[key] = text;
  }
  return metadata;
}

function readEntry(value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets, ...others }: Record<string, unknown> = { ...asObject(value) };
  const [other] = Object.keys(others);
  if (other !== undefined) throw new ModelFileError(`unknown key: '${other}'`);
  if (typeof dtype !== 'string' || !isDtype(dtype))
    throw new ModelFileError(`unknown dtype: ${String(dtype)}`);
  if (!isSizes(shape)) throw new ModelFileError('invalid shape');
  if (!isSizes(offsets) || offsets.length !== 2) throw new ModelFileError('invalid data_offsets');
  const [begin, end] = offsets as [number, number];
  const expected = byteLength(dtype, shape);
  if (end - begin !== expected) {
    throw new ModelFileError(
      `tensor data does not match its shape: ${end - begin} bytes instead of ${expected}`,
    );
  }
  return { dtype, shape, begin, end };
}

function isDtype(name: string): name is SafetensorsDtype {
  return Object.hasOwn(ELEMENT_BYTES, name);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function byteLength(dtype: SafetensorsDtype, shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  const bytes = count * ELEMENT_BYTES[dtype];
  if (!Number.isSafeInteger(bytes)) throw new ModelFileError(`absurd shape: [${shape}]`);
  return bytes;
}

function checkLayout(entries: ReadonlyMap<string, Entry>, dataBytes: number): void {
  const inOrder = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const [name, { begin, end }] of inOrder) {
    if (begin !== position) {
      const problem = begin < position ? 'overlaps its neighbour' : 'leaves a hole before it';
      throw new ModelFileError(`tensor data ${problem}: '${name}'`);
    }
    position = end;
  }
  if (position !== dataBytes) {
    throw new ModelFileError(
      `safetensors data has the wrong length: ${dataBytes} bytes instead of ${position}`,
    );
  }
}

/**
 * Writes tensors as one safetensors file, wider element types first so that all stay aligned, then by name.
 * Equal content gives equal bytes. Throws `ModelFileError` if a tensor's bytes don't match its shape.
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, SafetensorsTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const inOrder = Object.entries(tensors).sort(
    ([nameA, a], [nameB, b]) => ELEMENT_BYTES[b.dtype] - ELEMENT_BYTES[a.dtype] || (nameA < nameB ? -1 : 1),
  );
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push([METADATA_KEY, metadata]);
  let position = 0;
  for (const [name, { dtype, shape, data }] of inOrder) {
    if (name === METADATA_KEY) throw new ModelFileError(`reserved tensor name: '${name}'`);
    if (data.length !== byteLength(dtype, shape)) {
      throw new ModelFileError(
        `tensor data does not match its shape: ${data.length} bytes for [${shape}] (tensor '${name}')`,
      );
    }
    header.push([name, { dtype, shape, data_offsets: [position, position + data.length] }]);
    position += data.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerBytes = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES;
  if (headerBytes > MAX_HEADER_BYTES)
    throw new ModelFileError(`safetensors header too long: ${headerBytes} bytes`);
  const file = new Uint8Array(LENGTH_BYTES + headerBytes + position);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  file.set(json, LENGTH_BYTES);
  let offset = LENGTH_BYTES + headerBytes;
  for (const [, { data }] of inOrder) {
    file.set(data, offset);
    offset += data.length;
  }
  return file;
}

/** A floating-point tensor's elements as float32, rounding F64. Throws `ModelFileError` for other element types. */
export function safetensorsToFloat32({ dtype, data }: SafetensorsTensor): Float32Array {
  const buffer = new Uint8Array(data).buffer;
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return new Float32Array(new Float64Array(buffer));
    case 'F16':
      return halfToFloat32(new Uint16Array(buffer));
    case 'BF16':
      return bfloat16ToFloat32(new Uint16Array(buffer));
    default:
      throw new ModelFileError(`not a floating-point tensor: ${dtype}`);
  }
}
