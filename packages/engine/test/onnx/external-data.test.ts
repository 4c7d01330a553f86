import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ModelFileError } from '../../src/onnx/errors.js';
import { readExternalData } from '../../src/onnx/external-data.js';
import { DataType, type OnnxExternalData, type OnnxTensor } from '../../src/onnx/proto.js';
import { validateModel } from '../../src/onnx/validate.js';
import { floats, graph, model, node } from './models.js';

const outside = mkdtempSync(join(tmpdir(), 'external-'));
const folder = join(outside, 'model');
mkdirSync(join(folder, 'sub'), { recursive: true });
const content = floats(1, 2, 3, 4);
writeFileSync(join(folder, 'w.bin'), content);
writeFileSync(join(folder, 'sub', 'w.bin'), content);
writeFileSync(join(outside, 'secret.bin'), content);
writeFileSync(join(folder, 'twin.bin'), content);
linkSync(join(folder, 'twin.bin'), join(outside, 'twin.bin'));
symlinkSync(join(outside, 'secret.bin'), join(folder, 'link.bin'));
symlinkSync(outside, join(folder, 'up'));
symlinkSync('sub', join(folder, 'alias'));
afterAll(() => rmSync(outside, { recursive: true }));

const external = (name: string, size: number, at: OnnxExternalData): OnnxTensor => ({
  name,
  dataType: DataType.FLOAT,
  dims: [size],
  data: new Uint8Array(0),
  external: at,
});

const read = (...initializers: OnnxTensor[]) =>
  readExternalData(model(graph([node('Neg', ['x'], ['y'])], { initializers })), folder).graph.initializers;

const refused = (at: Partial<OnnxExternalData>, message: string, size = 2) => {
  const tensor = external('w', size, { location: 'w.bin', offset: 0, ...at });
  expect(() => read(tensor)).toThrow(ModelFileError);
  expect(() => read(tensor)).toThrow(message);
};

test('data is read from files in the folder and below, and the model is then valid', () => {
  const attributes = {
    value: { type: 'tensor', value: external('c', 1, { location: 'w.bin', offset: 8 }) },
  } as const;
  const initializers = [
    external('a', 2, { location: 'sub/w.bin', offset: 4 }),
    external('b', 2, { location: 'w.bin', offset: 0 }),
  ];
  const loaded = readExternalData(
    model(graph([node('Constant', [], ['y'], { attributes })], { initializers })),
    folder,
  );
  expect(loaded.graph.initializers[0]).toEqual({ name: 'a', dataType: 1, dims: [2], data: floats(2, 3) });
  expect(loaded.graph.nodes[0]!.attributes.value).toMatchObject({ value: { data: floats(3) } });
  validateModel(loaded);
});

test('tied weights share their data; otherwise no file yields more than it has', () => {
  const whole = { location: 'w.bin', offset: 0 };
  const [a, b] = read(external('a', 4, whole), external('b', 4, whole));
  expect(a!.data).toBe(b!.data);
  expect(() => read(external('a', 4, whole), external('b', 3, whole))).toThrow('overlap');
});

test('paths that leave the folder', () => {
  for (const location of [
    '../secret.bin',
    'sub/../../secret.bin',
    'sub/../w.bin',
    './w.bin',
    'sub//w.bin',
    join(outside, 'secret.bin'),
    'sub\\w.bin',
    'C:w.bin',
    'w.bin\0',
  ]) {
    refused({ location }, "file outside the model's folder");
  }
});

test('links, folders, pipes and missing files', () => {
  refused({ location: 'link.bin' }, 'symbolic link');
  refused({ location: 'up/secret.bin' }, 'symbolic link');
  refused({ location: 'alias/w.bin' }, 'symbolic link');
  refused({ location: 'twin.bin' }, 'several hard links');
  refused({ location: 'sub' }, 'not a regular file');
  refused({ location: 'none.bin' }, 'ENOENT');
  if (process.platform !== 'win32') {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    refused({ location: 'pipe' }, 'not a regular file');
  }
});

test('ranges beyond the end', () => {
  refused({ offset: 12 }, "data beyond the end: 8 bytes at 12, of 16 (tensor 'w')");
  refused({ offset: 2 ** 52 }, 'data beyond the end');
  refused({}, 'beyond the end', 1e9);
});

test('checksums', () => {
  const checksum = createHash('sha1').update(content).digest('hex');
  expect(read(external('w', 2, { location: 'w.bin', offset: 0, checksum }))[0]!.data).toEqual(floats(1, 2));
  refused({ checksum: 'a'.repeat(40) }, 'external data has changed');
  refused({ checksum: 'sha1' }, "invalid external data checksum: 'sha1'");
});
