import { inPlace, ModelFileError } from './errors.js';
import { DataType, type OnnxExternalData, type OnnxTensor } from './model.js';
import type { TensorProto } from './schema.js';
import { decodeUtf8, encodeUtf8, WireReader } from './wire.js';

const EXTERNAL = 1;
const NO_BYTES = new Uint8Array(0);

const BITS_PER_ELEMENT: Readonly<Record<number, number>> = {
  [DataType.FLOAT]: 32,
  [DataType.UINT8]: 8,
  [DataType.INT8]: 8,
  [DataType.UINT16]: 16,
  [DataType.INT16]: 16,
  [DataType.INT32]: 32,
  [DataType.INT64]: 64,
  [DataType.BOOL]: 8,
  [DataType.FLOAT16]: 16,
  [DataType.DOUBLE]: 64,
  [DataType.UINT32]: 32,
  [DataType.UINT64]: 64,
  [DataType.COMPLEX64]: 64,
  [DataType.COMPLEX128]: 128,
  [DataType.BFLOAT16]: 16,
  [DataType.FLOAT8E4M3FN]: 8,
  [DataType.FLOAT8E4M3FNUZ]: 8,
  [DataType.FLOAT8E5M2]: 8,
  [DataType.FLOAT8E5M2FNUZ]: 8,
  [DataType.UINT4]: 4,
  [DataType.INT4]: 4,
  [DataType.FLOAT4E2M1]: 4,
  [DataType.FLOAT8E8M0]: 8,
  [DataType.UINT2]: 2,
  [DataType.INT2]: 2,
};

/**
 * Bytes that a tensor's elements occupy.
 * Throws `ModelFileError` for negative or absurd dimensions and for element types without a fixed size.
 */
export function tensorBytes(dataType: number, dims: readonly number[]): number {
  const bits = BITS_PER_ELEMENT[dataType];
  if (bits === undefined) throw new ModelFileError(`unknown tensor data type: ${dataType}`);
  const bytes = Math.ceil((elementCount(dims) * bits) / 8);
  if (!Number.isSafeInteger(bytes)) throw new ModelFileError(`absurd dimensions: [${dims}]`);
  return bytes;
}

function elementCount(dims: readonly number[]): number {
  let count = 1;
  for (const dim of dims) {
    if (!Number.isSafeInteger(dim) || dim < 0) throw new ModelFileError(`invalid dimension: ${dim}`);
    count *= dim;
  }
  if (!Number.isSafeInteger(count)) throw new ModelFileError(`absurd dimensions: [${dims}]`);
  return count;
}

/** Turns a TensorProto into a tensor with raw bytes, whatever field its elements came in. */
export function fromTensorProto(proto: TensorProto, where: string): OnnxTensor {
  const place = proto.name === '' ? where : `tensor '${proto.name}'`;
  try {
    return readTensor(proto);
  } catch (error) {
    throw inPlace(error, place);
  }
}

function readTensor(proto: TensorProto): OnnxTensor {
  const { name, dataType, dims } = proto;
  if (proto.segment !== undefined) throw new ModelFileError('segmented tensors are not supported');
  if (dataType === DataType.STRING) {
    const count = elementCount(dims);
    if (proto.stringData.length !== count)
      throw sizeMismatch(proto.stringData.length, 'strings', count, dims);
    return { name, dataType, dims, data: NO_BYTES, strings: proto.stringData.map(decodeUtf8) };
  }
  const expected = tensorBytes(dataType, dims);
  if (proto.dataLocation === EXTERNAL) {
    const external = readExternalEntries(proto.externalData);
    if (external.length !== undefined && external.length !== expected) {
      throw sizeMismatch(external.length, 'external bytes', expected, dims);
    }
    return { name, dataType, dims, data: NO_BYTES, external };
  }
  const data = proto.rawData ?? typedData(proto, expected);
  if (data.length !== expected) throw sizeMismatch(data.length, 'bytes', expected, dims);
  return { name, dataType, dims, data };
}

function sizeMismatch(
  actual: number,
  unit: string,
  expected: number,
  dims: readonly number[],
): ModelFileError {
  return new ModelFileError(
    `tensor data does not match its shape: ${actual} ${unit} where [${dims}] needs ${expected}`,
  );
}

/** The elements from the field that ONNX assigns to their type. */
function typedData(proto: TensorProto, expected: number): Uint8Array {
  switch (proto.dataType) {
    case DataType.FLOAT:
    case DataType.COMPLEX64:
      return concatenate(proto.floatData);
    case DataType.DOUBLE:
    case DataType.COMPLEX128:
      return concatenate(proto.doubleData);
    case DataType.INT64:
      return wideIntegers(proto.int64Data);
    case DataType.UINT64:
      return wideIntegers(proto.uint64Data);
    case DataType.UINT32:
      return narrowIntegers(proto.uint64Data, 32, expected);
    default:
      return narrowIntegers(proto.int32Data, Math.max(8, BITS_PER_ELEMENT[proto.dataType]!), expected);
  }
}

function concatenate(runs: readonly Uint8Array[]): Uint8Array {
  if (runs.length === 1) return runs[0]!;
  const result = new Uint8Array(runs.reduce((sum, run) => sum + run.length, 0));
  let offset = 0;
  for (const run of runs) {
    result.set(run, offset);
    offset += run.length;
  }
  return result;
}

/** Varints in a byte string: each ends with a byte below 128. */
function countVarints(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte < 0x80) count++;
  return count;
}

function wideIntegers(runs: readonly Uint8Array[]): Uint8Array {
  const bytes = concatenate(runs);
  const words = new Uint32Array(2 * countVarints(bytes));
  const reader = new WireReader(bytes);
  for (let index = 0; index < words.length; index += 2) reader.int64Words(words, index);
  if (reader.position < bytes.length) reader.fail('truncated number');
  return new Uint8Array(words.buffer);
}

function narrowIntegers(runs: readonly Uint8Array[], bits: number, expected: number): Uint8Array {
  const words = new Uint32Array(wideIntegers(runs).buffer);
  const count = words.length / 2;
  if ((count * bits) / 8 !== expected) return NO_BYTES;
  const narrow =
    bits === 8 ? new Uint8Array(count) : bits === 16 ? new Uint16Array(count) : new Uint32Array(count);
  for (let index = 0; index < count; index++) narrow[index] = words[2 * index]!;
  return new Uint8Array(narrow.buffer);
}

const EXTERNAL_KEYS: readonly string[] = ['location', 'offset', 'length', 'checksum'];

function readExternalEntries(pairs: TensorProto['externalData']): OnnxExternalData {
  const entries = new Map<string, string>();
  for (const { key, value } of pairs) {
    if (!EXTERNAL_KEYS.includes(key)) throw new ModelFileError(`unknown external data key: '${key}'`);
    if (entries.has(key)) throw new ModelFileError(`repeated external data key: '${key}'`);
    entries.set(key, value);
  }
  const location = entries.get('location');
  if (location === undefined || location === '') throw new ModelFileError('external data without a location');
  const length = entries.get('length');
  const checksum = entries.get('checksum');
  return {
    location,
    offset: byteCount('offset', entries.get('offset') ?? '0'),
    ...(length !== undefined && { length: byteCount('length', length) }),
    ...(checksum !== undefined && { checksum }),
  };
}

function byteCount(key: string, text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new ModelFileError(`invalid external data ${key}: '${text}'`);
  return value;
}

/** Turns a tensor into a TensorProto with raw data. Throws `ModelFileError` if its bytes don't match its shape. */
export function toTensorProto(tensor: OnnxTensor): TensorProto {
  const { name, dataType, dims, data, strings, external } = tensor;
  const proto: TensorProto = {
    dims: [...dims],
    dataType,
    segment: undefined,
    floatData: [],
    int32Data: [],
    stringData: [],
    int64Data: [],
    name,
    rawData: undefined,
    doubleData: [],
    uint64Data: [],
    externalData: [],
    dataLocation: 0,
  };
  if (dataType === DataType.STRING) return { ...proto, stringData: (strings ?? []).map(encodeUtf8) };
  if (external !== undefined) {
    return { ...proto, externalData: externalEntries(external), dataLocation: EXTERNAL };
  }
  const expected = tensorBytes(dataType, dims);
  if (data.length !== expected) {
    throw inPlace(sizeMismatch(data.length, 'bytes', expected, dims), `tensor '${name}'`);
  }
  return { ...proto, rawData: data };
}

function externalEntries(external: OnnxExternalData): TensorProto['externalData'] {
  const { location, offset, length, checksum } = external;
  const pairs = [
    { key: 'location', value: location },
    { key: 'offset', value: String(offset) },
  ];
  if (length !== undefined) pairs.push({ key: 'length', value: String(length) });
  if (checksum !== undefined) pairs.push({ key: 'checksum', value: checksum });
  return pairs;
}
