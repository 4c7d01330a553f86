import { expect, test } from 'vitest';
import { ModelFileError } from '../src/onnx/errors.js';
import { decodeModel, encodeModel } from '../src/onnx/proto.js';
import { validateModel } from '../src/onnx/validate.js';
import { readGguf } from '../src/weights/gguf.js';
import { readSafetensors, writeSafetensors } from '../src/weights/safetensors.js';
import { everything, graph, model, node, tensor } from './onnx/models.js';
import { blocks } from './weights/gguf-blocks.js';
import { ggufFile, string, u32, u64 } from './weights/gguf-file.js';
import { seededIntegers } from './weights/seeded-integers.js';

const MUTATIONS = 2000;

const attributes = {
  alpha: { type: 'float', value: 1 },
  body: { type: 'graph', value: graph([], { inputs: [], outputs: [] }) },
} as const;
const smallInitializers = everything.graph.initializers.filter(({ name }) => name !== 'large');
const readers: [string, Uint8Array[], (bytes: Uint8Array) => void][] = [
  [
    'ONNX',
    [encodeModel({ ...everything, graph: { ...everything.graph, initializers: smallInitializers } })],
    (bytes) => {
      const written = encodeModel(decodeModel(bytes));
      if (Buffer.compare(encodeModel(decodeModel(written)), written) !== 0) expect.fail('not stable');
    },
  ],
  [
    'valid ONNX',
    [
      encodeModel(
        model(graph([node('Elu', ['x'], ['y'], { attributes })], { initializers: [tensor('w', 1, 2)] })),
      ),
    ],
    (bytes) => validateModel(decodeModel(bytes)),
  ],
  [
    'safetensors',
    [
      writeSafetensors(
        {
          w: { dtype: 'F16', shape: [2, 2], data: new Uint8Array(8) },
          b: { dtype: 'I8', shape: [3], data: new Uint8Array(3) },
        },
        { format: 'pt' },
      ),
    ],
    (bytes) => {
      const file = readSafetensors(bytes);
      for (const name of file.tensors.keys()) file.read(name);
    },
  ],
  [
    'GGUF',
    [
      ggufFile(
        [[...string('key'), ...u32(9), ...u32(8), ...u64(2), ...string('a'), ...string('b')]],
        blocks.map(({ name, code, elements, block }) => ({
          name,
          sizes: [elements],
          type: code,
          data: new Uint8Array(Buffer.from(block, 'hex')),
        })),
      ),
    ],
    (bytes) => {
      const file = readGguf(bytes);
      for (const name of file.tensors.keys()) file.read(name);
    },
  ],
];

/** Whether the reader accepted the bytes; any error but a `ModelFileError` fails the test. */
function accepts(read: (bytes: Uint8Array) => void, bytes: Uint8Array): boolean {
  try {
    read(bytes);
    return true;
  } catch (error) {
    if (error instanceof ModelFileError) return false;
    throw error;
  }
}

const EXTREMES = [0x00, 0x01, 0x7f, 0x80, 0xff];

/** One to four bytes replaced, sometimes with extremes; sometimes a piece is cut out or doubled. */
function mutated(bytes: Uint8Array, next: (bound: number) => number): Uint8Array {
  const copy = [...bytes];
  for (let count = 1 + next(4); count > 0; count--) {
    copy[next(copy.length)] = next(2) === 0 ? EXTREMES[next(EXTREMES.length)]! : next(256);
  }
  const start = next(copy.length);
  const surgery = next(8);
  if (surgery === 0) copy.splice(start, 1 + next(16));
  if (surgery === 1) copy.splice(start, 0, ...copy.slice(start, start + 16));
  return new Uint8Array(copy);
}

for (const [format, files, read] of readers) {
  test(`${format}: truncated at every byte, a file is decoded or refused`, () => {
    for (const file of files) {
      for (let length = 0; length < file.length; length++) accepts(read, file.slice(0, length));
    }
  });

  test(`${format}: mutated files are decoded or refused`, () => {
    const next = seededIntegers(20);
    let accepted = 0;
    for (let trial = 0; trial < MUTATIONS; trial++) {
      if (accepts(read, mutated(files[next(files.length)]!, next))) accepted++;
    }
    // Both ways out must be exercised.
    expect(accepted).toBeGreaterThan(MUTATIONS / 200);
    expect(accepted).toBeLessThan(MUTATIONS);
  });
}
