import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ModelFileError } from '../../src/onnx/errors.js';
import { readGguf } from '../../src/weights/gguf.js';
import { openGguf } from '../../src/weights/open-gguf.js';
import { blocks } from './gguf-blocks.js';
import { ggufFile, string, type TestTensor, u32, u64 } from './gguf-file.js';

const F32 = 0;
const floats = (...values: number[]) => new Uint8Array(new Float32Array(values).buffer);
const weight: TestTensor = { name: 'w', sizes: [3, 2], type: F32, data: floats(1, 2, 3, 4, 5, 6) };

describe('dequantisation', () => {
  for (const { code, name, elements, sha1, block } of blocks) {
    test(`${name} gives the reference's bits`, () => {
      const data = new Uint8Array(Buffer.from(block, 'hex'));
      const tensor = readGguf(ggufFile([], [{ name: 'w', sizes: [elements], type: code, data }])).read('w');
      expect(tensor).toMatchObject({ type: name, shape: [elements] });
      expect(createHash('sha1').update(new Uint8Array(tensor.data.buffer)).digest('hex')).toBe(sha1);
    });
  }

  test('Q4_0 by hand: scale 2, low halves first', () => {
    const data = new Uint8Array([0x00, 0x40, 0x9f, ...new Array(15).fill(0x88)]);
    const values = readGguf(ggufFile([], [{ name: 'w', sizes: [32], type: 2, data }])).read('w').data;
    expect(values[0]).toBe(14);
    expect(values[16]).toBe(2);
    expect(values.filter((value) => value !== 0)).toHaveLength(2);
  });

  test('several blocks and rows', () => {
    const block = [0x00, 0x3c, ...new Array(32).keys()];
    const data = new Uint8Array([...block, ...block, ...block, ...block]);
    const tensor = readGguf(ggufFile([], [{ name: 'w', sizes: [64, 2], type: 8, data }])).read('w');
    expect(tensor.shape).toEqual([2, 64]);
    expect([...tensor.data]).toEqual(new Array(4).fill([...new Array(32).keys()]).flat());
  });

  test('F16, BF16 and F32', () => {
    const file = ggufFile(
      [],
      [
        { name: 'half', sizes: [2], type: 1, data: new Uint8Array([0x00, 0x3c, 0x00, 0xc0]) },
        { name: 'bfloat', sizes: [2], type: 30, data: new Uint8Array([0x80, 0x3f, 0x00, 0xc0]) },
        weight,
      ],
    );
    const gguf = readGguf(file);
    expect([...gguf.read('half').data]).toEqual([1, -2]);
    expect([...gguf.read('bfloat').data]).toEqual([1, -2]);
    expect(gguf.read('w')).toEqual({
      type: 'F32',
      shape: [2, 3],
      data: new Float32Array([1, 2, 3, 4, 5, 6]),
    });
  });

  test('a type that is not read is listed, and refused when asked for', () => {
    const gguf = readGguf(ggufFile([], [{ name: 'w', sizes: [256], type: 10, data: new Uint8Array(84) }]));
    expect(gguf.tensors.get('w')).toMatchObject({ type: 'Q2_K', shape: [256] });
    expect(() => gguf.read('w')).toThrow("unsupported type: Q2_K (tensor 'w')");
    expect(() => gguf.read('v')).toThrow("no such tensor: 'v'");
  });
});

describe('metadata', () => {
  test('all types', () => {
    const int16 = [0xfe, 0xff];
    const file = ggufFile(
      [
        [...string('u8'), ...u32(0), 200],
        [...string('i8'), ...u32(1), 200],
        [...string('u16'), ...u32(2), ...int16],
        [...string('i16'), ...u32(3), ...int16],
        [...string('u32'), ...u32(4), ...u32(4e9)],
        [...string('i32'), ...u32(5), ...u32(0xffffffff)],
        [...string('f32'), ...u32(6), ...floats(0.5)],
        [...string('bool'), ...u32(7), 1],
        [...string('string'), ...u32(8), ...string('naïve')],
        [
          ...string('array'),
          ...u32(9),
          ...u32(9),
          ...u64(2),
          ...u32(8),
          ...u64(1),
          ...string('a'),
          ...u32(0),
          ...u64(2),
          1,
          2,
        ],
        [...string('u64'), ...u32(10), ...u64(2n ** 64n - 1n)],
        [...string('i64'), ...u32(11), ...u64(2n ** 64n - 5n)],
        [...string('f64'), ...u32(12), ...new Uint8Array(new Float64Array([0.1]).buffer)],
      ],
      [],
    );
    expect(Object.fromEntries(readGguf(file).metadata)).toEqual({
      u8: 200,
      i8: -56,
      u16: 65534,
      i16: -2,
      u32: 4e9,
      i32: -1,
      f32: 0.5,
      bool: true,
      string: 'naïve',
      array: [['a'], [1, 2]],
      u64: 2n ** 64n - 1n,
      i64: -5,
      f64: 0.1,
    });
  });

  test('an alignment of its own', () => {
    const alignment = [...string('general.alignment'), ...u32(4), ...u32(64)];
    expect([
      ...readGguf(ggufFile([alignment], [weight, { ...weight, name: 'v' }], 64)).read('v').data,
    ]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

test('a file on disk is read lazily, beyond the window of the header', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gguf-'));
  try {
    const long = [...string('long'), ...u32(8), ...string('x'.repeat(2 ** 20))];
    const file = ggufFile([long, [...string('tail'), ...u32(7), 1]], [weight]);
    writeFileSync(join(folder, 'w.gguf'), file);
    const gguf = openGguf(join(folder, 'w.gguf'));
    expect(gguf.metadata.get('tail')).toBe(true);
    expect([...gguf.read('w').data]).toEqual([1, 2, 3, 4, 5, 6]);
    gguf.close();
    writeFileSync(join(folder, 'bad.gguf'), file.subarray(0, 50));
    expect(() => openGguf(join(folder, 'bad.gguf'))).toThrow(ModelFileError);
    expect(() => openGguf(folder)).toThrow('not a file');
    expect(() => openGguf(join(folder, 'none.gguf'))).toThrow('ENOENT');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('hostile files', () => {
  const key = string('k');
  const cases: [string, Uint8Array, string][] = [
    ['no magic', new Uint8Array(64), "doesn't start with 'GGUF'"],
    ['version 1', withBytes(4, u32(1)), 'unsupported GGUF version: 1'],
    ['big-endian', withBytes(4, [0, 0, 0, 3]), 'unsupported GGUF version'],
    ['tensors without end', withBytes(8, u64(2n ** 63n)), 'number of tensors beyond the end'],
    ['metadata without end', withBytes(16, u64(1e9)), 'number of metadata entries beyond the end'],
    [
      'long string',
      ggufFile([[...key, ...u32(8), ...u64(1e6)]], []),
      "string length beyond the end of the file: 1000000 (metadata 'k')",
    ],
    [
      'long array',
      ggufFile([[...key, ...u32(9), ...u32(0), ...u64(1e6)]], []),
      'array length beyond the end',
    ],
    ['deep arrays', ggufFile([[...key, ...nestedArrays(6)]], []), 'arrays nested deeper'],
    ['unknown value type', ggufFile([[...key, ...u32(13)]], []), 'unknown metadata type: 13'],
    ['boolean 2', ggufFile([[...key, ...u32(7), 2]], []), 'invalid boolean: 2'],
    [
      'repeated key',
      ggufFile(
        [
          [...key, ...u32(7), 1],
          [...key, ...u32(7), 1],
        ],
        [],
      ),
      "metadata key occurs twice: 'k'",
    ],
    ['not UTF-8', ggufFile([[...key, ...u32(8), ...u64(1), 0xff]], []), 'not valid UTF-8'],
    [
      'alignment 33',
      ggufFile([[...string('general.alignment'), ...u32(4), ...u32(33)]], []),
      'invalid alignment: 33',
    ],
    [
      'alignment 0',
      ggufFile([[...string('general.alignment'), ...u32(4), ...u32(0)]], []),
      'invalid alignment: 0',
    ],
    ['repeated tensor', ggufFile([], [weight, weight]), "tensor occurs twice: 'w'"],
    ['five dimensions', ggufFile([], [{ ...weight, sizes: [1, 1, 1, 1, 6] }]), 'too many dimensions: 5'],
    ['dimension 0', ggufFile([], [{ ...weight, sizes: [0] }]), 'invalid dimension: 0'],
    ['huge dimension', ggufFile([], [{ ...weight, sizes: [2n ** 60n] }]), 'invalid dimension'],
    ['huge product', ggufFile([], [{ ...weight, sizes: [2 ** 40, 2 ** 40] }]), 'absurd shape'],
    ['unknown tensor type', ggufFile([], [{ ...weight, type: 99 }]), 'unknown tensor type: 99'],
    [
      'half a block',
      ggufFile([], [{ ...weight, sizes: [16], type: 2 }]),
      "rows of 16 elements don't fill blocks of 32",
    ],
    ['offset not aligned', ggufFile([], [{ ...weight, offset: 8 }]), 'offset not aligned to 32: 8'],
    ['offset beyond the end', ggufFile([], [{ ...weight, offset: 3200 }]), 'beyond the end of the file'],
    ['size beyond the end', ggufFile([], [{ ...weight, sizes: [1000] }]), 'beyond the end of the file'],
    [
      'overlap',
      ggufFile(
        [],
        [
          { ...weight, sizes: [16] },
          { ...weight, name: 'v', offset: 32 },
        ],
      ),
      "overlaps its neighbour: 'v'",
    ],
  ];
  test.each(cases)('%s', (_, file, message) => {
    expect(() => readGguf(file)).toThrow(ModelFileError);
    expect(() => readGguf(file)).toThrow(message);
  });
});

function withBytes(offset: number, bytes: number[]): Uint8Array {
  const file = ggufFile([], [weight]);
  file.set(bytes, offset);
  return file;
}

function nestedArrays(depth: number): number[] {
  return depth === 0
    ? [...u32(0), 1]
    : [...u32(9), ...nestedArrays(depth - 1).slice(0, 4), ...u64(1), ...nestedArrays(depth - 1).slice(4)];
}
