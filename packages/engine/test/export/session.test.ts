import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { version } from '../../src/export/metadata.js';
import {
  decodeModel,
  ExportError,
  encodeModel,
  exportOnnx,
  loadSession,
  ModelFileError,
  openSession,
  saveModel,
  tensor,
  type Value,
} from '../../src/index.js';
import { floats } from './compare.js';
import { initMlp, type Mlp, mlp } from './models.js';

const folder = mkdtempSync(join(tmpdir(), 'tutelage-export-'));
afterAll(() => rmSync(folder, { recursive: true }));

const shape = ['batch', 20] as const;
const model = exportOnnx(
  (p: Mlp<Value>, { x }: { x: Value }) => ({ logits: mlp(p, x) }),
  initMlp(20, 40, 3),
  { x: { dtype: 'float32', shape } },
  {
    metadata: {
      name: 'digits',
      description: 'tells digits apart',
      licence: 'Apache-2.0',
      labels: ['a', 'b', 'c'],
      trainingData: 'sha256:00ff',
      properties: { temperature: '1.5' },
    },
  },
);
const x = floats('x', [2, 20]);

test('a file says what it is', async () => {
  const session = await loadSession(encodeModel(model));
  expect(session.metadata).toEqual({
    framework: `tutelage ${version}`,
    name: 'digits',
    description: 'tells digits apart',
    licence: 'Apache-2.0',
    labels: '["a","b","c"]',
    training_data: 'sha256:00ff',
    temperature: '1.5',
  });
  expect(session.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['batch', 20] }]);
  expect(session.outputs).toEqual([{ name: 'logits', dtype: 'float32', shape: ['batch', 3] }]);
  await session.dispose();
  const decoded = decodeModel(encodeModel(model));
  expect(decoded.graph.name).toBe('digits');
  expect(decoded).toMatchObject({ producerName: 'tutelage', producerVersion: version });
  expect(decoded.graph.nodes.every((n) => n.name.startsWith(n.opType))).toBe(true);
});

test('the version is that of the package', () => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ version });
});

test('wrong inputs are explained', async () => {
  const session = await loadSession(encodeModel(model));
  const refused = (inputs: Parameters<typeof session.run>[0], message: string) =>
    expect(session.run(inputs)).rejects.toThrow(new ExportError(message));
  await refused({}, "missing input: 'x'; the model has 'x'");
  await refused({ x, y: x }, "unknown input: 'y'; the model has 'x'");
  await refused({ x: tensor(Int32Array.of(1), [1, 1]) }, "input 'x' must be float32: int32 was given");
  await refused(
    { x: tensor(new Float32Array(2)) },
    "input 'x' must have the shape [batch, 20]: [2] was given",
  );
  await session.dispose();
});

test('an axis of two inputs must have one size', async () => {
  const input = { dtype: 'float32', shape: ['n'] } as const;
  const both = exportOnnx(
    (_: Record<string, never>, i: { a: Value; b: Value }) => [i.a, i.b],
    {},
    { a: input, b: input },
  );
  const session = await loadSession(encodeModel(both));
  await expect(session.run({ a: tensor([1]), b: tensor([1, 2]) })).rejects.toThrow(
    "axis 'n' has two sizes: 1 in input 'a' and 2 in input 'b'",
  );
  await session.dispose();
});

test('damaged and unknown models are refused', async () => {
  await expect(loadSession(Uint8Array.of(1, 2, 3))).rejects.toThrow(ModelFileError);
  const { graph } = model;
  const strange = {
    ...model,
    graph: { ...graph, nodes: graph.nodes.map((n) => ({ ...n, opType: 'Strange' })) },
  };
  await expect(loadSession(encodeModel(strange))).rejects.toThrow(/runtime cannot load the model.*Strange/s);
});

test('a model saved in one file, and with a data file beside it', async () => {
  const session = await loadSession(encodeModel(model));
  const expected = (await session.run({ x })).logits!;
  await session.dispose();
  for (const inOneFile of [undefined, 0]) {
    const path = join(folder, `model-${inOneFile}.onnx`);
    saveModel(path, model, inOneFile);
    const opened = await openSession(path);
    expect((await opened.run({ x })).logits).toEqual(expected);
    await opened.dispose();
  }
  expect(readdirSync(folder).sort()).toEqual(['model-0.onnx', 'model-0.onnx_data', 'model-undefined.onnx']);
  const data = readFileSync(join(folder, 'model-0.onnx_data'));
  data[data.length - 1]! ^= 1;
  writeFileSync(join(folder, 'model-0.onnx_data'), data);
  await expect(openSession(join(folder, 'model-0.onnx'))).rejects.toThrow(/external data has changed/);
});

test('a file that cannot be written or read is named', async () => {
  const path = join(folder, 'nowhere', 'model.onnx');
  expect(() => saveModel(path, model)).toThrow(`cannot write the model file ${path}`);
  await expect(openSession(path)).rejects.toThrow(`cannot read the model file ${path}`);
});
