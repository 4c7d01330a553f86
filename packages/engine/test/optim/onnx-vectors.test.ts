import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataType, decodeModel, decodeTensor, type OnnxAttribute } from '../../src/onnx/proto.js';
import { type ArenaTensor, createArena } from '../../src/optim/arena.js';
import { adagrad, adam, type Optimizer, sgd } from '../../src/optim/optimizer.js';
import { distance } from './fixture.js';

/** Where Debian's package libonnx-testdata puts the backend tests of ONNX. */
const FOLDER = '/usr/share/libonnx-testdata/data/node';
const CASES = [
  'test_adagrad',
  'test_adagrad_multiple',
  'test_adam',
  'test_adam_multiple',
  'test_momentum',
  'test_momentum_multiple',
  'test_nesterov_momentum',
];

type Attributes = Readonly<Record<string, number | string>>;

/**
 * ONNX 1.12 computed test_adam_multiple with this epsilon but left the attribute out of the model, which makes it 1e-6;
 * later releases write it.
 */
const OMITTED_EPSILON = 1e-2;

/** How the operators of ai.onnx.preview.training are said with our optimizers; `count` is their T, from 0. */
const optimizers: Record<string, (attributes: Attributes, count: number) => Optimizer> = {
  Adagrad: ({ norm_coefficient, decay_factor, epsilon }) =>
    adagrad({
      weightDecay: Number(norm_coefficient),
      learningRateDecay: Number(decay_factor),
      epsilon: Number(epsilon),
    }),
  Adam: ({ norm_coefficient, alpha, beta, epsilon = OMITTED_EPSILON }, count) =>
    adam({
      weightDecay: Number(norm_coefficient),
      beta1: Number(alpha),
      beta2: Number(beta),
      epsilon: Number(epsilon),
      epsilonHat: true,
      biasCorrection: count > 0,
    }),
  Momentum: ({ norm_coefficient, alpha, beta, mode }) =>
    sgd({
      weightDecay: Number(norm_coefficient),
      momentum: Number(alpha),
      dampening: 1 - Number(beta),
      nesterov: mode === 'nesterov',
    }),
};

describe.skipIf(!existsSync(FOLDER))('ONNX optimizer vectors (skipped without libonnx-testdata)', () => {
  it.each(CASES)('%s', (name) => {
    const { opType: operator, ...node } = decodeModel(readFileSync(join(FOLDER, name, 'model.onnx'))).graph
      .nodes[0]!;
    const attributes = Object.fromEntries(Object.entries(node.attributes).map(([k, a]) => [k, plain(a)]));
    const [rate, count, ...state] = readTensors(name, 'input');
    const learningRate = Number(rate![0]);
    const updates = Number(count![0]);
    const optimizer = optimizers[operator]!(attributes, updates);

    // R, T, then all parameters, all gradients, and each slot of all parameters.
    const roles = 2 + optimizer.slots.length;
    const tensors = state.length / roles;
    const requests = state.slice(0, tensors).map(({ length }, i) => ({ name: `x${i}`, size: length }));
    const arena = createArena(requests, optimizer.slots.length);
    byRole([...arena.tensors.values()]).forEach((view, i) => {
      view.set(state[i]!);
    });

    for (const range of arena.ranges) {
      optimizer.update(range, {
        step: operator === 'Adam' ? updates : updates + 1,
        learningRate,
        weightDecay: optimizer.weightDecay,
        gradientScale: 1,
      });
    }

    const expected = readTensors(name, 'output');
    const actual = byRole([...arena.tensors.values()]).filter(
      (_, i) => Math.floor(i / tensors) !== GRADIENT_ROLE,
    );
    expect(actual).toHaveLength(expected.length);
    actual.forEach((view, i) => {
      expect(distance(view, expected[i]!)).toBeLessThan(1e-6);
    });
  });
});

const GRADIENT_ROLE = 1;

/** All parameters, all gradients, all first slots, all second slots. */
function byRole(tensors: readonly ArenaTensor[]): Float32Array[] {
  const slots = tensors[0]!.slots.map((_, index) => tensors.map((tensor) => tensor.slots[index]!));
  return [
    ...tensors.map(({ parameter }) => parameter),
    ...tensors.map(({ gradient }) => gradient!),
    ...slots.flat(),
  ];
}

function readTensors(name: string, kind: 'input' | 'output'): number[][] {
  const folder = join(FOLDER, name, 'test_data_set_0');
  return readdirSync(folder)
    .filter((file) => file.startsWith(kind))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((file) => elements(readFileSync(join(folder, file))));
}

function elements(file: Uint8Array): number[] {
  const { dataType, data } = decodeTensor(file);
  // Views need aligned bytes.
  const { buffer } = data.slice();
  if (dataType === DataType.FLOAT) return Array.from(new Float32Array(buffer));
  if (dataType === DataType.INT64) return Array.from(new BigInt64Array(buffer), Number);
  throw new Error(`unexpected element type: ${dataType}`);
}

function plain(attribute: OnnxAttribute): number | string {
  if (attribute.type === 'float' || attribute.type === 'string') return attribute.value;
  throw new Error(`unexpected attribute type: ${attribute.type}`);
}
