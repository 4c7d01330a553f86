import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isKnownType, toTensor } from '../../src/import/tensors.js';
import type { Tensor } from '../../src/index.js';
import type { OnnxModel } from '../../src/onnx/model.js';
import { decodeModel, decodeTensor } from '../../src/onnx/proto.js';

// Debian's package libonnx-testdata: ONNX's own test vectors, one small model for each case.
const folder = '/usr/share/libonnx-testdata/data/node';

/** Names of the cases; none where the package isn't installed. */
export const caseNames: readonly string[] = existsSync(folder) ? readdirSync(folder).sort() : [];

export interface VectorCase {
  readonly model: OnnxModel;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

const unknownType = 'an element type that the engine does not have';

/** A case's model and first data set. A string says why the case is not one of tensors of the engine's types. */
export function loadCase(name: string): VectorCase | string {
  const model = decodeModel(readFileSync(join(folder, name, 'model.onnx')));
  const { inputs, outputs } = model.graph;
  for (const { dataType, opaqueType } of [...inputs, ...outputs]) {
    if (opaqueType) return 'a sequence or an optional';
    if (!isKnownType(dataType)) return unknownType;
  }
  const read = (kind: string, infos: readonly unknown[]) =>
    infos.map((_, i) => decodeTensor(readFileSync(join(folder, name, 'test_data_set_0', `${kind}_${i}.pb`))));
  const [given, expected] = [read('input', inputs), read('output', outputs)];
  if ([...given, ...expected].some((t) => !isKnownType(t.dataType))) return unknownType;
  return { model, inputs: given.map(toTensor), outputs: expected.map(toTensor) };
}

/** Whether tensors agree within ONNX's own tolerances; if not, how they differ. */
export function difference(found: readonly Tensor[], expected: readonly Tensor[]): string | undefined {
  for (const [i, want] of expected.entries()) {
    const have = found[i]!;
    if (have.dtype !== want.dtype) return `output ${i}: ${have.dtype} where ${want.dtype} is expected`;
    if (have.shape.join() !== want.shape.join())
      return `output ${i}: shape [${have.shape}] where [${want.shape}] is expected`;
    for (let k = 0; k < want.data.length; k++) {
      const [x, y] = [Number(have.data[k]), Number(want.data[k])];
      if (Object.is(x, y) || x === y || Math.abs(x - y) <= 1e-4 + 1e-3 * Math.abs(y)) continue;
      return `output ${i}: ${x} where ${y} is expected, at ${k}`;
    }
  }
  return undefined;
}
