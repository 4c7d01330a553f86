import {
  add,
  type Concrete,
  jit,
  type optim,
  random,
  stack,
  type Tensor,
  type Tree,
  toNumbers,
  type Value,
} from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { UserError } from '../core/errors.js';
import { type Fusion, fusionHidden, fusionLogits, type MaskedLayer, maskedLayers } from '../models/fusion.js';
import { initMaskNet, type MaskNet, type MaskNetConfig, maskNet, tokenWidth } from '../models/mask-net.js';
import { distillation } from '../objectives/distillation.js';
import type { Pairs } from '../tasks/modality-pairs.js';
import { constants, fit } from './fit.js';
import { overRows } from './over-rows.js';
import {
  chosenRows,
  featuresOf,
  logitsOf,
  overPairs,
  type PairNets,
  type Role,
  tableRows,
} from './pair-nets.js';
import { copyOf } from './predictor.js';

/** Frozen nets with what their trunks give for all pairs, and the student's logits: all that is above the trunks is cheap then. */
export interface FrozenPairs {
  readonly nets: PairNets<Tensor>;
  readonly count: number;
  readonly tables: Readonly<Record<Role, Float32Array>>;
}

type FrozenBatch = Readonly<Record<Role, Value>>;

export async function freezePairs(pairs: Pairs, nets: PairNets<Tensor>): Promise<FrozenPairs> {
  const table = (role: Role) =>
    overPairs(pairs, (batch) => {
      const net = constants<Fusion<Value>>(nets[role]);
      return role === 'student' ? logitsOf(role, net, batch) : featuresOf(role, net, batch);
    });
  const [student, auxiliary, teacher] = [
    await table('student'),
    await table('auxiliary'),
    await table('teacher'),
  ];
  return { nets, count: pairs.count, tables: { student, auxiliary, teacher } };
}

function frozenBatch({ tables, count }: FrozenPairs, rows: readonly number[]): Concrete<FrozenBatch> {
  const take = (role: Role) => chosenRows(tables[role], tables[role].length / count, rows);
  return { student: take('student'), auxiliary: take('auxiliary'), teacher: take('teacher') };
}

/** A teacher as a student may learn from it: as it is, or with a mask on one of its layers. */
export interface Way {
  readonly name: string;
  readonly role: 'teacher' | 'auxiliary';
  readonly mask?: { readonly layer: MaskedLayer; readonly heads: number; readonly net: MaskNet<Tensor> };
}

/** Teachers to learn from, and what they need of the pairs. */
export interface TeacherGroup {
  readonly frozen: FrozenPairs;
  readonly ways: readonly Way[];
}

/** The teachers as they are. */
export const plainWays: readonly Way[] = [
  { name: 'teacher', role: 'teacher' },
  { name: 'auxiliary', role: 'auxiliary' },
];

const places = plainWays.flatMap(({ role }) =>
  maskedLayers.map((layer) => ({ name: `${role}, ${layer}`, role, layer })),
);

export interface SpecialistOptions extends Omit<MaskNetConfig, 'size'> {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: optim.Optimizer;
  readonly temperature: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Weights that one layer of a mask net may have. */
const mostWeights = 2 ** 26;

/**
 * Specialized teachers (MST-Distill, section 3.3): a mask on each of two layers of either teacher, trained so that the masked teacher
 * answers as the student does. Each mask is of the epoch in which it came nearest on the validation pairs.
 *
 * @throws {UserError} when a layer is too wide for its mask net
 */
export async function specialists(
  train: FrozenPairs,
  validation: FrozenPairs,
  { kind, factor, heads, epochs, batchSize, optimizer, temperature, seed, signal }: SpecialistOptions,
): Promise<Way[]> {
  const sizeOf = (role: 'teacher' | 'auxiliary', layer: MaskedLayer) =>
    train.nets[role].fc1.weight.shape[layer === 'features' ? 1 : 0]!;
  const init = places.map(({ name, role, layer }) => {
    const size = sizeOf(role, layer);
    if (kind === 'attention' && size * size * tokenWidth({ size, factor, heads }) > mostWeights) {
      throw new UserError(`layer too wide for a mask net: ${name}: ${size}`, {
        hint: 'raise maskFactor, or set masks=cheap',
      });
    }
    return initMaskNet(random.foldIn(random.key(seed), name), { size, kind, factor, heads });
  });
  type Masks<T> = readonly MaskNet<T>[];
  const distances = (masks: Masks<Value>, batch: FrozenBatch) =>
    places.map(({ role, layer }, i) => {
      const net = constants<Fusion<Value>>(train.nets[role]);
      const mask = { layer, of: (h: Value) => maskNet(masks[i]!, h, heads) };
      return distillation(fusionLogits(net, batch[role], mask), batch.student, { temperature });
    });
  const held = frozenBatch(
    validation,
    Array.from({ length: validation.count }, (_, row) => row),
  );
  const measure = jit((masks: Masks<Value>, batch: FrozenBatch) => distances(masks, batch), { threads: 1 });
  const best = places.map((_, i) => ({ loss: Number.POSITIVE_INFINITY, net: init[i]! }));
  await fit<Masks<Value>, Record<string, never>, FrozenBatch>({
    net: { params: init, state: {} },
    loss: (masks, batch) => [distances(masks, batch).reduce((a, b) => add(a, b)), {}],
    rows: train.count,
    batchSize,
    epochs,
    batch: (rows) => frozenBatch(train, rows),
    optimizer,
    seed,
    signal,
    afterEpoch: async ({ params }) => {
      const losses = await measure(params as never, held);
      for (const [i, found] of losses.entries()) {
        const [loss] = toNumbers(found);
        if (loss! < best[i]!.loss)
          best[i] = { loss: loss!, net: copyOf(params[i] as Tree<Tensor>) as MaskNet<Tensor> };
      }
    },
  });
  await measure.dispose();
  return places.map(({ name, role, layer }, i) => ({
    name,
    role,
    mask: { layer, heads, net: best[i]!.net },
  }));
}

function wayLogits({ nets }: FrozenPairs, { role, mask }: Way, batch: FrozenBatch): Value {
  const net = constants<Fusion<Value>>(nets[role]);
  if (!mask) return fusionLogits(net, batch[role]);
  const own = constants<MaskNet<Value>>(mask.net);
  return fusionLogits(net, batch[role], { layer: mask.layer, of: (h) => maskNet(own, h, mask.heads) });
}

/** Logits of all ways for all pairs: [count, ways, classes]. */
export function groupLogits({ frozen, ways }: TeacherGroup): Promise<Float32Array> {
  return overRows<FrozenBatch>(
    frozen.count,
    (rows) => frozenBatch(frozen, rows),
    (batch) =>
      stack(
        ways.map((way) => wayLogits(frozen, way, batch)),
        1,
      ),
  );
}

/** What each mask leaves of its layer's outputs, [ways][width], the mean over all pairs; empty for teachers without a mask. */
export async function meanMasks({ frozen, ways }: TeacherGroup): Promise<number[][]> {
  const means: number[][] = [];
  for (const { role, mask } of ways) {
    if (!mask) {
      means.push([]);
      continue;
    }
    const factors = await overRows<FrozenBatch>(
      frozen.count,
      (rows) => frozenBatch(frozen, rows),
      (batch) => {
        const net = constants<Fusion<Value>>(frozen.nets[role]);
        const own = constants<MaskNet<Value>>(mask.net);
        return maskNet(
          own,
          mask.layer === 'features' ? batch[role] : fusionHidden(net, batch[role]),
          mask.heads,
        );
      },
    );
    const rows = tableRows(factors, frozen.count);
    means.push(Array.from(rows[0]!, (_, i) => mean(rows.map((row) => row[i]!))));
  }
  return means;
}
