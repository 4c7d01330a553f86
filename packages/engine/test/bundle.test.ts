import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundle } from './browser/bundle.js';

const runtime = ['onnxruntime-web/*'];

/** Bytes of the engine in a page after compression, without ONNX Runtime. What needs more raises it knowingly. */
const budget = 85_000;

test('the browser entry reaches nothing of Node and stays small', async () => {
  const { text, imports } = await bundle("export * from '../../src/web.js'", runtime);
  expect(imports).toEqual(['onnxruntime-web/wasm', 'onnxruntime-web/webgpu']);
  const size = gzipSync(text).length;
  expect(size).toBeLessThan(budget);
  // A budget far above what is needed would let growth pass unnoticed.
  expect(size).toBeGreaterThan(budget / 2);
});

test('tensors and random numbers alone need no runtime and are small', async () => {
  const { text, imports } = await bundle("export * from '../../src/data.js'");
  expect(imports).toEqual([]);
  expect(gzipSync(text).length).toBeLessThan(10_000);
});

test('a bundler that drops what is not used keeps the choice of the runtime', async () => {
  const { imports } = await bundle(
    "import { tensor } from '../../src/web.js'; console.log(tensor(1))",
    runtime,
  );
  expect(imports).toContain('onnxruntime-web/wasm');
});

test('a module of Node is found', async () => {
  await expect(bundle("import 'node:fs'")).rejects.toThrow('node:fs');
});
