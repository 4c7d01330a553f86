import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { DataType, type OnnxModel, type OnnxTensor } from '../../src/onnx/model.js';
import { decodeModel, decodeTensor } from '../../src/onnx/proto.js';
import { halfToFloat32 } from '../../src/weights/float16.js';

// Debian's package libonnx-testdata: ONNX's own test vectors, one small model for each case.
const folder = '/usr/share/libonnx-testdata/data/node';

/** Names of the cases; none where the package isn't installed. */
export const caseNames: readonly string[] = existsSync(folder) ? readdirSync(folder).sort() : [];

export interface VectorCase {
  readonly model: OnnxModel;
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
}

/** A case's model and first data set, or undefined where something is not a tensor, but a sequence or an optional. */
export function loadCase(name: string): VectorCase | undefined {
  const model = decodeModel(readFileSync(join(folder, name, 'model.onnx')));
  const { inputs, outputs } = model.graph;
  if ([...inputs, ...outputs].some(({ opaqueType }) => opaqueType)) return undefined;
  const read = (kind: string, infos: readonly unknown[]) =>
    infos.map((_, i) => decodeTensor(readFileSync(join(folder, name, 'test_data_set_0', `${kind}_${i}.pb`))));
  return { model, inputs: read('input', inputs), outputs: read('output', outputs) };
}

type Elements = readonly (number | bigint | string)[];

/** A tensor of any of ONNX's types for comparison: elements as they are, half precision as numbers. */
export interface Plain {
  readonly shape: readonly number[];
  readonly elements: Elements;
}

type Reader = new (buffer: ArrayBuffer) => ArrayLike<number | bigint>;
const readers: Readonly<Record<number, Reader>> = {
  [DataType.FLOAT]: Float32Array,
  [DataType.DOUBLE]: Float64Array,
  [DataType.INT8]: Int8Array,
  [DataType.INT16]: Int16Array,
  [DataType.INT32]: Int32Array,
  [DataType.INT64]: BigInt64Array,
  [DataType.UINT8]: Uint8Array,
  [DataType.UINT16]: Uint16Array,
  [DataType.UINT32]: Uint32Array,
  [DataType.UINT64]: BigUint64Array,
  [DataType.BOOL]: Uint8Array,
};

export function plain(t: OnnxTensor): Plain {
  const { buffer } = t.data.slice();
  const Numbers = readers[t.dataType];
  const elements =
    t.strings ?? (Numbers ? Array.from(new Numbers(buffer)) : [...halves(new Uint16Array(buffer))]);
  return { shape: t.dims, elements };
}

/** Half precision, given by its bits, as numbers. */
export function halves(bits: Uint16Array): Float32Array {
  return halfToFloat32(bits);
}

/** How results differ beyond the tolerances of ONNX's own test runner, if they do. */
export function difference(found: readonly Plain[], expected: readonly Plain[]): string | undefined {
  for (const [i, want] of expected.entries()) {
    const have = found[i]!;
    if (have.shape.join() !== want.shape.join()) {
      return `output ${i}: shape [${have.shape}] where [${want.shape}] is expected`;
    }
    const at = want.elements.findIndex((y, k) => !near(have.elements[k]!, y));
    if (at >= 0) return `output ${i}: ${have.elements[at]} where ${want.elements[at]} is expected, at ${at}`;
  }
  return undefined;
}

function near(a: Elements[number], b: Elements[number]): boolean {
  if (Object.is(a, b) || a === b) return true;
  const [x, y] = [Number(a), Number(b)];
  return Math.abs(x - y) <= 1e-4 + 1e-3 * Math.abs(y);
}

type Reasons = Readonly<Record<string, readonly string[]>>;

/** Excluded cases by reason. */
export interface Exclusions {
  /** Those that never agree. One that does is to be taken off the list. */
  readonly fail: Reasons;
  /** Those that are left to chance or to the machine, and are not run. */
  readonly vary: Reasons;
}

/** Expects every case to agree but for the excluded ones. `outcome` says what is wrong with a case, or nothing. */
export async function expectAgreement(
  exclusions: Exclusions,
  outcome: (name: string) => Promise<string | undefined>,
): Promise<void> {
  const listed = (reasons: Reasons) => new Set(Object.values(reasons).flat());
  const [failing, varying] = [listed(exclusions.fail), listed(exclusions.vary)];
  const unexpected: string[] = [];
  const needless: string[] = [];
  for (const name of caseNames) {
    if (varying.has(name)) continue;
    const problem = await outcome(name);
    if (problem !== undefined && !failing.has(name)) unexpected.push(`${name}: ${problem}`);
    if (problem === undefined && failing.has(name)) needless.push(name);
  }
  expect({ unexpected, needless }).toEqual({ unexpected: [], needless: [] });
}
