import { describe, test } from 'vitest';
import { ShapeError } from '../../src/graph/errors.js';
import { isKnownType, toTensor } from '../../src/import/tensors.js';
import { constant, importOnnx, jit, ModelFileError, type Tensor, type Value } from '../../src/index.js';
import type { OnnxModel } from '../../src/onnx/model.js';
import { caseNames, difference, expectAgreement, loadCase, type Plain } from '../support/onnx-vectors.js';
import exclusions from './vectors.exclusions.json' with { type: 'json' };

/** The oldest cases are of operators that later sets left as they were. */
function atLeastSeven(model: OnnxModel): OnnxModel {
  const opsets = model.opsets.map((set) => ({
    ...set,
    version: Math.max(set.version, set.domain === '' ? 7 : 1),
  }));
  return { ...model, opsets };
}

const asPlain = ({ shape, data }: Tensor): Plain => ({
  shape,
  elements: Array.from(data as ArrayLike<number | bigint>),
});

/** What is wrong when a case is imported and compiled anew. */
async function outcome(name: string): Promise<string | undefined> {
  const loaded = loadCase(name);
  if (!loaded) return 'a sequence or an optional';
  if ([...loaded.inputs, ...loaded.outputs].some((t) => !isKnownType(t.dataType))) return 'element type';
  const given = loaded.inputs.map(toTensor);
  const expected = loaded.outputs.map((t) => asPlain(toTensor(t)));
  // Inputs that shapes follow from can't be traced: the later ones, or all, are then constants.
  for (const traced of [given.length, 1, 0]) {
    try {
      const model = importOnnx(atLeastSeven(loaded.model), { trainable: () => false });
      const named = model.inputs.map((input, i) => [input.name, given[i]!] as const);
      const run = jit(
        (inputs: Record<string, Value>): Record<string, Value> => {
          const constants = named.slice(traced).map(([key, t]) => [key, constant(t)] as const);
          return model.apply({}, { ...inputs, ...Object.fromEntries(constants) });
        },
        { threads: 1 },
      );
      try {
        const found = await run(Object.fromEntries(named.slice(0, traced)));
        return difference(
          model.outputs.map((output) => asPlain(found[output]!)),
          expected,
        );
      } finally {
        await run.dispose();
      }
    } catch (error) {
      if (!(error instanceof ModelFileError || error instanceof ShapeError)) throw error;
      if (traced === 0 || !error.message.includes('must not depend')) return error.message;
    }
  }
  return undefined;
}

describe.skipIf(caseNames.length === 0)(
  "ONNX's node cases (skipped where libonnx-testdata isn't installed)",
  () => {
    test('give the stated results when they are imported and compiled anew', async () => {
      await expectAgreement(exclusions, outcome);
    });
  },
);
