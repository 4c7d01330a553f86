import { bfloat16ToFloat32, halfToFloat32, halfToNumber } from './float16.js';

/**
 * The element types of GGUF files and their block layouts (ggml's `ggml-quants`). A quantised type stores rows as
 * blocks; each block has one or two scales in half precision and small integers.
 */
export interface GgufType {
  readonly name: string;
  readonly blockElements: number;
  readonly blockBytes: number;
  /** Expands whole blocks to float32; undefined for types that Tutelage doesn't read. */
  readonly dequantize?: (bytes: Uint8Array, values: Float32Array) => void;
}

/** Writes one block's elements to `values` from `at` on. `block` starts at byte `start` of `bytes`. */
type BlockReader = (bytes: Uint8Array, start: number, values: Float32Array, at: number) => void;

function quantized(
  name: string,
  blockElements: number,
  blockBytes: number,
  readBlock?: BlockReader,
): GgufType {
  if (readBlock === undefined) return { name, blockElements, blockBytes };
  return {
    name,
    blockElements,
    blockBytes,
    dequantize(bytes, values) {
      for (let start = 0, at = 0; at < values.length; start += blockBytes, at += blockElements) {
        readBlock(bytes, start, values, at);
      }
    },
  };
}

function plain(name: string, bytes: number, convert?: (buffer: ArrayBuffer) => Float32Array): GgufType {
  if (convert === undefined) return { name, blockElements: 1, blockBytes: bytes };
  return {
    name,
    blockElements: 1,
    blockBytes: bytes,
    // The copy aligns the elements.
    dequantize: (source, values) => values.set(convert(new Uint8Array(source).buffer)),
  };
}

function half(bytes: Uint8Array, at: number): number {
  return halfToNumber(bytes[at]! | (bytes[at + 1]! << 8));
}

const signed = (byte: number): number => (byte << 24) >> 24;

/** 32 signed bytes times a scale. */
const readQ8Zero: BlockReader = (bytes, start, values, at) => {
  const scale = half(bytes, start);
  for (let index = 0; index < 32; index++) values[at + index] = scale * signed(bytes[start + 2 + index]!);
};

/** 4-bit integers: the low halves of 16 bytes are elements 0 to 15, the high halves 16 to 31. */
const readQ4Zero: BlockReader = (bytes, start, values, at) => {
  const scale = half(bytes, start);
  for (let index = 0; index < 16; index++) {
    const pair = bytes[start + 2 + index]!;
    values[at + index] = scale * ((pair & 15) - 8);
    values[at + 16 + index] = scale * ((pair >>> 4) - 8);
  }
};

/** As Q4_0, unsigned, with an offset. */
const readQ4One: BlockReader = (bytes, start, values, at) => {
  const scale = half(bytes, start);
  const offset = half(bytes, start + 2);
  for (let index = 0; index < 16; index++) {
    const pair = bytes[start + 4 + index]!;
    values[at + index] = scale * (pair & 15) + offset;
    values[at + 16 + index] = scale * (pair >>> 4) + offset;
  }
};

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** As Q4_0 with a fifth bit for each element in a 32-bit word. */
const readQ5Zero: BlockReader = (bytes, start, values, at) => {
  const scale = half(bytes, start);
  const fifthBits = word(bytes, start + 2);
  for (let index = 0; index < 16; index++) {
    const pair = bytes[start + 6 + index]!;
    values[at + index] = scale * (((pair & 15) | (((fifthBits >>> index) & 1) << 4)) - 16);
    values[at + 16 + index] = scale * (((pair >>> 4) | (((fifthBits >>> (index + 16)) & 1) << 4)) - 16);
  }
};

/** As Q4_1 with a fifth bit for each element in a 32-bit word. */
const readQ5One: BlockReader = (bytes, start, values, at) => {
  const scale = half(bytes, start);
  const offset = half(bytes, start + 2);
  const fifthBits = word(bytes, start + 4);
  for (let index = 0; index < 16; index++) {
    const pair = bytes[start + 8 + index]!;
    values[at + index] = scale * ((pair & 15) | (((fifthBits >>> index) & 1) << 4)) + offset;
    values[at + 16 + index] = scale * ((pair >>> 4) | (((fifthBits >>> (index + 16)) & 1) << 4)) + offset;
  }
};

/** Eight 6-bit scales and eight 6-bit minima in 12 bytes: the last four of each keep their upper bits in the first's. */
function kScale(bytes: Uint8Array, start: number, group: number): number {
  if (group < 4) return bytes[start + group]! & 63;
  return (bytes[start + group + 4]! & 15) | ((bytes[start + group - 4]! >>> 6) << 4);
}

function kMinimum(bytes: Uint8Array, start: number, group: number): number {
  if (group < 4) return bytes[start + group + 4]! & 63;
  return (bytes[start + group + 4]! >>> 4) | ((bytes[start + group]! >>> 6) << 4);
}

/** 256 elements in eight groups of 32; two groups share 32 bytes, low halves first. */
const readQ4K: BlockReader = (bytes, start, values, at) => {
  const scale = half(bytes, start);
  const minimum = half(bytes, start + 2);
  for (let group = 0; group < 8; group++) {
    const groupScale = scale * kScale(bytes, start + 4, group);
    const groupMinimum = minimum * kMinimum(bytes, start + 4, group);
    const first = start + 16 + 32 * (group >>> 1);
    const shift = 4 * (group & 1);
    for (let index = 0; index < 32; index++) {
      values[at + 32 * group + index] = groupScale * ((bytes[first + index]! >>> shift) & 15) - groupMinimum;
    }
  }
};

/** As Q4_K with a fifth bit for each element: bit g of byte i is for element i of group g. */
const readQ5K: BlockReader = (bytes, start, values, at) => {
  const scale = half(bytes, start);
  const minimum = half(bytes, start + 2);
  for (let group = 0; group < 8; group++) {
    const groupScale = scale * kScale(bytes, start + 4, group);
    const groupMinimum = minimum * kMinimum(bytes, start + 4, group);
    const first = start + 48 + 32 * (group >>> 1);
    const shift = 4 * (group & 1);
    for (let index = 0; index < 32; index++) {
      const fifthBit = (bytes[start + 16 + index]! >>> group) & 1;
      const value = ((bytes[first + index]! >>> shift) & 15) | (fifthBit << 4);
      values[at + 32 * group + index] = groupScale * value - groupMinimum;
    }
  }
};

/**
 * 256 elements in eight groups of 32: four low bits in `ql` (128 bytes), two high bits in `qh` (64 bytes), a signed
 * scale for every 16 elements, and one half for all at the end.
 */
const readQ6K: BlockReader = (bytes, start, values, at) => {
  const scale = half(bytes, start + 208);
  for (let group = 0; group < 8; group++) {
    const side = group >>> 2;
    const low = start + 64 * side + 32 * (group & 1);
    const lowShift = 4 * ((group >>> 1) & 1);
    const high = start + 128 + 32 * side;
    const highShift = 2 * (group & 3);
    for (let index = 0; index < 32; index++) {
      const groupScale = scale * signed(bytes[start + 192 + 2 * group + (index >>> 4)]!);
      const lowBits = (bytes[low + index]! >>> lowShift) & 15;
      const highBits = (bytes[high + index]! >>> highShift) & 3;
      values[at + 32 * group + index] = groupScale * ((lowBits | (highBits << 4)) - 32);
    }
  }
};

/** By the type codes that files use. */
export const GGUF_TYPES: ReadonlyMap<number, GgufType> = new Map([
  [0, plain('F32', 4, (buffer) => new Float32Array(buffer))],
  [1, plain('F16', 2, (buffer) => halfToFloat32(new Uint16Array(buffer)))],
  [2, quantized('Q4_0', 32, 18, readQ4Zero)],
  [3, quantized('Q4_1', 32, 20, readQ4One)],
  [6, quantized('Q5_0', 32, 22, readQ5Zero)],
  [7, quantized('Q5_1', 32, 24, readQ5One)],
  [8, quantized('Q8_0', 32, 34, readQ8Zero)],
  [10, quantized('Q2_K', 256, 84)],
  [11, quantized('Q3_K', 256, 110)],
  [12, quantized('Q4_K', 256, 144, readQ4K)],
  [13, quantized('Q5_K', 256, 176, readQ5K)],
  [14, quantized('Q6_K', 256, 210, readQ6K)],
  [24, plain('I8', 1)],
  [25, plain('I16', 2)],
  [26, plain('I32', 4)],
  [27, plain('I64', 8)],
  [28, plain('F64', 8)],
  [30, plain('BF16', 2, (buffer) => bfloat16ToFloat32(new Uint16Array(buffer)))],
]);
