import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ModelFileError } from '../../src/onnx/errors.js';
import { openSafetensors } from '../../src/weights/open-safetensors.js';
import {
  readSafetensors,
  type SafetensorsTensor,
  safetensorsToFloat32,
  writeSafetensors,
} from '../../src/weights/safetensors.js';

const bytesOf = (array: { buffer: ArrayBufferLike }) => new Uint8Array(array.buffer);
const weight: SafetensorsTensor = {
  dtype: 'F32',
  shape: [2, 2],
  data: bytesOf(new Float32Array([1, 2, 3, 4])),
};

/** A file with exactly this header text. */
function file(header: string, data: number | Uint8Array = 0): Uint8Array {
  const json = new TextEncoder().encode(header);
  const content = typeof data === 'number' ? new Uint8Array(data) : data;
  return new Uint8Array([...bytesOf(new BigUint64Array([BigInt(json.length)])), ...json, ...content]);
}

const entry = (begin: number, end: number, shape: unknown = [end - begin]) =>
  JSON.stringify({ dtype: 'U8', shape, data_offsets: [begin, end] });

test('a file written by hand', () => {
  const read = readSafetensors(
    file(
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   ',
      bytesOf(new Float32Array([1.5])),
    ),
  );
  expect({ ...read.metadata }).toEqual({ format: 'pt' });
  expect(safetensorsToFloat32(read.read('a'))).toEqual(new Float32Array([1.5]));
});

test('every element type survives writing and reading', () => {
  const bytes = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;
  const tensors: Record<string, SafetensorsTensor> = {
    scalar: { dtype: 'F32', shape: [], data: new Uint8Array(4) },
    none: { dtype: 'I64', shape: [0, 3], data: new Uint8Array(0) },
  };
  for (const [dtype, size] of Object.entries(bytes) as [keyof typeof bytes, number][]) {
    tensors[`of ${dtype}`] = {
      dtype,
      shape: [3, 1],
      data: Uint8Array.from({ length: 3 * size }, (_, index) => index + 1),
    };
  }
  const written = writeSafetensors(tensors, { note: 'naïve "quotes"' });
  const read = readSafetensors(written);
  expect({ ...read.metadata }).toEqual({ note: 'naïve "quotes"' });
  expect([...read.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort());
  for (const [name, tensor] of Object.entries(tensors)) expect(read.read(name)).toEqual(tensor);
  const reversed = Object.fromEntries(Object.entries(tensors).reverse());
  expect(writeSafetensors(reversed, { note: 'naïve "quotes"' })).toEqual(written);
});

test('floating-point types become float32, from any alignment', () => {
  const shifted = (data: Uint8Array) => new Uint8Array([0, ...data]).subarray(1);
  const convert = (dtype: SafetensorsTensor['dtype'], array: { buffer: ArrayBufferLike }) => [
    ...safetensorsToFloat32({ dtype, shape: [2], data: shifted(bytesOf(array)) }),
  ];
  expect(convert('F64', new Float64Array([0.5, -2]))).toEqual([0.5, -2]);
  expect(convert('F32', new Float32Array([0.5, -2]))).toEqual([0.5, -2]);
  expect(convert('F16', new Uint16Array([0x3800, 0xc000]))).toEqual([0.5, -2]);
  expect(convert('BF16', new Uint16Array([0x3f00, 0xc000]))).toEqual([0.5, -2]);
  expect(() => convert('I64', new BigInt64Array(2))).toThrow('not a floating-point tensor: I64');
});

test('writing refuses what reading would', () => {
  expect(() => writeSafetensors({ w: { ...weight, shape: [3] } })).toThrow(
    "does not match its shape: 16 bytes for [3] (tensor 'w')",
  );
  expect(() => writeSafetensors({ __metadata__: weight })).toThrow('reserved tensor name');
});

describe('hostile files', () => {
  const cases: [string, Uint8Array, string][] = [
    ['too short', new Uint8Array(7), 'too short'],
    ['huge header', new Uint8Array([255, 255, 255, 255, 255, 255, 255, 255, 123]), 'header too long'],
    ['header beyond the end', new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0, 123, 125]), 'data beyond the end'],
    ['leading space', file(' {}'), "doesn't start with '{'"],
    ['empty header', file(''), "doesn't start with '{'"],
    ['not JSON', file('{'), 'not valid JSON'],
    ['not UTF-8', new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0, 123, 255, 125]), 'not valid JSON'],
    ['deep nesting', file(`{"a":${'['.repeat(100)}${']'.repeat(100)}}`), 'nested deeper'],
    ['entry not an object', file('{"a":[]}'), "not a JSON object in safetensors header (tensor 'a')"],
    [
      'repeated name',
      file(`{"a":${entry(0, 1)},"\\u0061":${entry(0, 1)}}`, 1),
      "key occurs twice in JSON: 'a'",
    ],
    [
      'repeated key',
      file('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      "key occurs twice in JSON: 'dtype'",
    ],
    ['unknown key', file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}'), "unknown key: 'x'"],
    ['unknown dtype', file('{"a":{"dtype":"Q8","shape":[0],"data_offsets":[0,0]}}'), 'unknown dtype: Q8'],
    [
      'inherited dtype',
      file('{"a":{"dtype":"constructor","shape":[0],"data_offsets":[0,0]}}'),
      'unknown dtype: constructor',
    ],
    ['negative size', file(`{"a":${entry(0, 1, [-1])}}`, 1), 'invalid shape'],
    ['fractional size', file(`{"a":${entry(0, 1, [0.5])}}`, 1), 'invalid shape'],
    ['absurd size', file(`{"a":${entry(0, 1, [2 ** 40, 2 ** 40])}}`, 1), 'absurd shape'],
    ['wrong length', file(`{"a":${entry(0, 2, [3])}}`, 2), 'does not match its shape: 2 bytes instead of 3'],
    ['backward offsets', file(`{"a":${entry(4, 2, [2])}}`, 4), 'does not match its shape'],
    [
      'three offsets',
      file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}'),
      'invalid data_offsets',
    ],
    ['overlap', file(`{"a":${entry(0, 2)},"b":${entry(1, 3)}}`, 3), "overlaps its neighbour: 'b'"],
    ['hole', file(`{"a":${entry(0, 2)},"b":${entry(3, 4)}}`, 4), "leaves a hole before it: 'b'"],
    ['hole at the start', file(`{"a":${entry(1, 2)}}`, 2), "leaves a hole before it: 'a'"],
    ['trailing data', file(`{"a":${entry(0, 2)}}`, 3), 'wrong length: 3 bytes instead of 2'],
    ['missing data', file(`{"a":${entry(0, 2)}}`, 1), 'wrong length: 1 bytes instead of 2'],
    ['metadata not text', file('{"__metadata__":{"a":1}}'), "metadata that isn't text: 'a'"],
  ];
  test.each(cases)('%s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(ModelFileError);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  test('names that objects inherit are ordinary names', () => {
    const read = readSafetensors(file(`{"__proto__":${entry(0, 2)},"constructor":${entry(2, 3)}}`, 3));
    expect([...read.tensors.keys()]).toEqual(['__proto__', 'constructor']);
    expect(() => readSafetensors(file('{}')).read('constructor')).toThrow('no such tensor');
  });
});

describe('on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (name: string, content: Uint8Array | string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const index = (map: unknown) =>
    write('model.safetensors.index.json', JSON.stringify({ metadata: {}, weight_map: map }));

  test('one file', () => {
    const opened = openSafetensors(write('model.safetensors', writeSafetensors({ w: weight })));
    expect(opened.read('w')).toEqual(weight);
    opened.close();
    expect(() => openSafetensors(join(folder, 'none.safetensors'))).toThrow('ENOENT');
    expect(() => openSafetensors(write('bad.safetensors', 'rubbish'))).toThrow(/bad\.safetensors/);
  });

  test('shards', () => {
    write('model-1-of-2.safetensors', writeSafetensors({ a: weight }));
    write('model-2-of-2.safetensors', writeSafetensors({ b: { ...weight, shape: [4] } }));
    const opened = openSafetensors(index({ a: 'model-1-of-2.safetensors', b: 'model-2-of-2.safetensors' }));
    expect(opened.tensors.size).toBe(2);
    expect(opened.read('b').shape).toEqual([4]);
    opened.close();
    expect(() => openSafetensors(index({ c: 'model-1-of-2.safetensors' }))).toThrow(
      "tensor missing from its shard: 'c'",
    );
    for (const name of ['../model.safetensors', '/etc/passwd', 'a/b.safetensors', '..safetensors', 7]) {
      expect(() => openSafetensors(index({ a: name })), String(name)).toThrow('invalid shard name');
    }
    expect(() => openSafetensors(write('x.json', '{"a":1,"a":2}'))).toThrow('key occurs twice');
    expect(() => openSafetensors(write('x.json', '{}'))).toThrow('without a weight_map');
  });
});
