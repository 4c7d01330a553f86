import {
  add,
  crossEntropy,
  div,
  expandDims,
  greaterEqual,
  cast,
  concat,
  log,
  mean,
  mul,
  neg,
  nn,
  optim,
  random,
  slice,
  softmax,
  sqrt,
  stack,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tensor,
  topK,
  type Value,
} from '@tutelage/engine';
import { z } from 'zod';
import { type Fusion, fusionFeatures, fusionLogits, initFusion, type MaskedLayer, maskedLayers } from '../../models/fusion.js';
import { initMaskNet, type MaskNet, maskNet } from '../../models/mask-net.js';
import { distillation } from '../../objectives/distillation.js';
import { constants, fit } from '../../students/fit.js';
import { overRows } from '../../students/over-rows.js';
import type { Pairs } from '../../tasks/modality-pairs.js';

const temperature = 4;
const gates = ['released', 'weighted', 'straight-through', 'random'] as const;

const params = z.object({
  gate: z.enum(gates).default('released').describe('how the gate learns'),
  k: z.int().min(1).default(1).describe('teachers for each example'),
  masks: z.enum(['attention', 'cheap']).default('attention').describe('kind of masks'),
  maskFactor: z.int().min(1).default(2).describe('what the width of a mask net is smaller by than the layer'),
  maskHeads: z.int().min(1).default(3).describe('heads of attention in a mask net'),
  taskWeight: z.number().min(0).default(1).describe('weight of the labels'),
  klWeight: z.number().min(0).default(1).describe('weight of the teachers'),
  balanceWeight: z.number().min(0).default(1).describe('weight of the balance of the gate'),
  balance: z.enum(['kl', 'cv']).default('kl').describe('measure of the balance'),
  coEpochs: z.int().min(1).default(1).describe('epochs in which all nets learn together'),
  maskEpochs: z.int().min(1).default(1).describe('epochs of the masks'),
  epochs: z.int().min(1).default(100).describe('epochs of the student with its teachers'),
  batchSize: z.int().min(2).default(512).describe('pairs a step'),
  learningRate: z.number().positive().default(1e-4).describe('of Adam'),
});
export type Settings = z.output<typeof params>;

/** The modality that stays, at 0, and the other. */
interface Batch { readonly x: readonly [Value, Value]; readonly y: Value }
export interface Run { readonly seed: number; readonly signal: AbortSignal; readonly hidden?: number }

export type Nets<T> = { readonly student: Fusion<T>; readonly auxiliary: Fusion<T>; readonly teacher: Fusion<T> };

function pairBatch({ inputs, classes, shapes }: Pairs, rows: readonly number[]) {
  const take = (m: 0 | 1) => {
    const size = shapes[m].reduce((a, b) => a * b, 1);
    const data = new Float32Array(rows.length * size);
    rows.forEach((row, i) => data.set(inputs[m].subarray(row * size, (row + 1) * size), i * size));
    return tensor(data, [rows.length, ...shapes[m]]);
  };
  return { x: [take(0), take(1)] as const, y: tensor(Int32Array.from(rows, (row) => classes[row]!)) };
}

export function initNets(seed: number, { shapes }: Pairs, classes: number): Nets<Tensor> {
  const key = random.key(seed);
  const net = (name: string, of: readonly (typeof shapes)[number][], widths: readonly [number, number, number]) =>
    initFusion(random.foldIn(key, name), { shapes: of, widths, hidden: 32, classes });
  return {
    student: net('student', [shapes[0]], [6, 16, 32]),
    auxiliary: net('auxiliary', [shapes[1]], [8, 16, 32]),
    teacher: net('teacher', shapes, [8, 16, 32]),
  };
}

const inputsOf = { student: ([x]: Batch['x']) => [x], auxiliary: ([, x]: Batch['x']) => [x], teacher: (x: Batch['x']) => x };
type Role = keyof Nets<unknown>;
const logitsOf = (nets: Nets<Value>, role: Role, { x }: Batch) => fusionLogits(nets[role], fusionFeatures(nets[role], inputsOf[role](x)));

/** Stage 1. */
export async function coTrain(pairs: Pairs, start: Nets<Tensor>, settings: Settings, mutual: boolean, { seed, signal }: Run) {
  const { params: nets } = await fit<Nets<Value>, Record<string, never>, Batch>({
    net: { params: start, state: {} },
    loss: (nets, batch) => {
      const all = (['student', 'auxiliary', 'teacher'] as const).map((role) => logitsOf(nets, role, batch));
      const labels = all.map((logits) => crossEntropy(logits, batch.y));
      const each = mutual ? all.flatMap((p) => all.filter((q) => q !== p).map((q) => distillation(q, p, { temperature }))) : [];
      return [[...labels, ...each].reduce((a, b) => add(a, b)), {}];
    },
    rows: pairs.count, batchSize: settings.batchSize, epochs: settings.coEpochs,
    batch: (rows) => pairBatch(pairs, rows),
    optimizer: optim.adamw({ learningRate: settings.learningRate, weightDecay: 0 }),
    seed, signal,
  });
  return nets;
}

/** Outputs of a frozen net for all pairs, row by row. */
export const featuresOf = (nets: Nets<Tensor>, role: Role, pairs: Pairs) =>
  overRows<Batch>(pairs.count, (rows) => pairBatch(pairs, rows), (batch) => {
    const net = constants<Nets<Value>>(nets)[role];
    return fusionFeatures(net, inputsOf[role](batch.x));
  });
export const answersOf = (student: Fusion<Tensor>, pairs: Pairs) =>
  overRows<Batch>(pairs.count, (rows) => pairBatch(pairs, rows), ({ x: [x] }) => {
    const net = constants<Fusion<Value>>(student);
    return fusionLogits(net, fusionFeatures(net, [x]));
  });

export interface Specialist { readonly role: 'teacher' | 'auxiliary'; readonly layer: MaskedLayer; readonly mask: MaskNet<Tensor> }
type Masks<T> = Record<string, MaskNet<T>>;
const places = (['teacher', 'auxiliary'] as const).flatMap((role) => maskedLayers.map((layer) => ({ role, layer, name: `${role}-${layer}` })));
type FeatureBatch = { readonly teacher: Value; readonly auxiliary: Value; readonly student: Value };

const rowsTensor = (values: Float32Array, count: number, rows: readonly number[]) => {
  const size = values.length / count;
  const data = new Float32Array(rows.length * size);
  rows.forEach((row, i) => data.set(values.subarray(row * size, (row + 1) * size), i * size));
  return tensor(data, [rows.length, size]);
};

export interface Frozen { readonly count: number; readonly teacher: Float32Array; readonly auxiliary: Float32Array; readonly student: Float32Array }
export async function frozenOf(nets: Nets<Tensor>, pairs: Pairs): Promise<Frozen> {
  return { count: pairs.count, teacher: await featuresOf(nets, 'teacher', pairs), auxiliary: await featuresOf(nets, 'auxiliary', pairs), student: await answersOf(nets.student, pairs) };
}
const frozenBatch = (f: Frozen, rows: readonly number[]) => ({ teacher: rowsTensor(f.teacher, f.count, rows), auxiliary: rowsTensor(f.auxiliary, f.count, rows), student: rowsTensor(f.student, f.count, rows) });

/** Stage 2. */
export async function specialise(nets: Nets<Tensor>, train: Frozen, settings: Settings, { seed, signal }: Run): Promise<Masks<Tensor>> {
  const { masks: kind, maskFactor: factor, maskHeads: heads } = settings;
  const widths = { features: { teacher: 64, auxiliary: 32 }, hidden: { teacher: 32, auxiliary: 32 } };
  const start = Object.fromEntries(places.map(({ role, layer, name }) => [name, initMaskNet(random.foldIn(random.key(seed), name), { size: widths[layer][role], kind, factor, heads })]));
  const { params: masks } = await fit<Masks<Value>, Record<string, never>, FeatureBatch>({
    net: { params: start, state: {} },
    loss: (masks, batch) => {
      const frozen = constants<Nets<Value>>(nets);
      const losses = places.map(({ role, layer, name }) => distillation(fusionLogits(frozen[role], batch[role], { layer, of: (h) => maskNet(masks[name]!, h, heads) }), batch.student, { temperature }));
      return [losses.reduce((a, b) => add(a, b)), {}];
    },
    rows: train.count, batchSize: settings.batchSize, epochs: settings.maskEpochs,
    batch: (rows) => frozenBatch(train, rows),
    optimizer: optim.adamw({ learningRate: settings.learningRate, weightDecay: 0 }),
    seed, signal,
  });
  return masks as Masks<Tensor>;
}

/** Logits [count, ways, classes] of specialists, or of teachers themselves. */
export function groupLogits(nets: Nets<Tensor>, frozen: Frozen, masks: Masks<Tensor> | undefined, heads: number, roles: readonly ('teacher' | 'auxiliary')[]): Promise<Float32Array> {
  return overRows<FeatureBatch>(frozen.count, (rows) => frozenBatch(frozen, rows), (batch) => {
    const nets_ = constants<Nets<Value>>(nets);
    const all = masks
      ? places.map(({ role, layer, name }) => fusionLogits(nets_[role], batch[role], { layer, of: (h) => maskNet(constants<MaskNet<Value>>(masks[name]!), h, heads) }))
      : roles.map((role) => fusionLogits(nets_[role], batch[role]));
    return stack(all, 1);
  });
}

type Gate<T> = { readonly in: nn.Linear<T>; readonly out: nn.Linear<T> };
const gateOf = (g: Gate<Value>, logits: Value) => softmax(nn.linear(g.out, nn.linear(g.in, logits)));
type Mixture<T> = { readonly student: Fusion<T>; readonly gate: Gate<T> };
type MixBatch = Batch & { readonly group: Value; readonly kl: Value; readonly lb: Value };

export async function mix(pairs: Pairs, validation: Pairs, start: Fusion<Tensor>, group: { logits: Float32Array; ways: number } | undefined, settings: Settings, { seed, signal }: Run) {
  const classes = start.fc2.weight.shape[0]!;
  const ways = group?.ways ?? 1;
  const { gate: mode, k } = settings;
  const key = random.foldIn(random.key(seed), 'gate');
  let best = { loss: Number.POSITIVE_INFINITY, student: start, gate: undefined as Gate<Tensor> | undefined, epoch: -1 };
  const steps = (every: number, epoch: number) => (epoch === 0 ? 0 : 1 + Math.floor((epoch - 1) / every));
  await fit<Mixture<Value>, Record<string, never>, MixBatch>({
    net: { params: { student: start, gate: { in: nn.initLinear(random.foldIn(key, 'in'), classes, 2 * classes), out: nn.initLinear(random.foldIn(key, 'out'), 2 * classes, ways) } }, state: {} },
    loss: (p, batch, stepKey) => {
      const logits = fusionLogits(p.student, fusionFeatures(p.student, [batch.x[0]]));
      const task = mul(crossEntropy(logits, batch.y), settings.taskWeight);
      if (!group) return [task, {}];
      const share = gateOf(p.gate, logits);
      const order = mode === 'random' ? random.uniform(stepKey, share.shape) : share;
      const least = slice(topK(order, k).values, { axis: 1, start: k - 1, end: k });
      const chosen = mul(cast(greaterEqual(order, least), 'float32'), 1 / k);
      const weights = mode === 'weighted' ? share : mode === 'straight-through' ? mul(chosen, div(share, stopGradient(share))) : chosen;
      const taught = distillation(expandDims(logits, 1), batch.group, { temperature, weights: mul(weights, 1 / batch.y.dim(0)) });
      const used = mean(share, { axes: 0 });
      const total = sum(share, { axes: 0 });
      const spread = sub(total, mean(total));
      const balance = settings.balance === 'kl' ? mul(neg(mean(log(mul(used, ways)))), 1 / ways) : div(sqrt(mean(mul(spread, spread))), mean(total));
      return [add(add(task, mul(taught, batch.kl)), mul(balance, batch.lb)), {}];
    },
    rows: pairs.count, batchSize: settings.batchSize, epochs: settings.epochs,
    batch: (rows, epoch) => {
      const own = pairBatch(pairs, rows);
      const flat = group ? rowsTensor(group.logits, pairs.count, rows).data : new Float32Array(rows.length * classes);
      return { ...own, group: tensor(flat as Float32Array, [rows.length, ways, classes]), kl: tensor(settings.klWeight * 0.5 ** steps(30, epoch)), lb: tensor(settings.balanceWeight * 0.9 ** steps(10, epoch)) };
    },
    optimizer: optim.adamw({ learningRate: settings.learningRate, weightDecay: 0 }),
    seed, signal,
    afterEpoch: async ({ params }, epoch) => {
      const loss = nllOf(await answersOf(params.student as Fusion<Tensor>, validation), validation);
      if (loss < best.loss) best = { loss, student: structuredClone(params.student) as Fusion<Tensor>, gate: structuredClone(params.gate) as Gate<Tensor>, epoch };
    },
  });
  return best;
}

export function nllOf(logits: Float32Array, { classes, count }: Pairs): number {
  const size = logits.length / count;
  let total = 0;
  for (let n = 0; n < count; n++) {
    const own = logits.subarray(n * size, (n + 1) * size);
    const top = Math.max(...own);
    total += top + Math.log(own.reduce((s, x) => s + Math.exp(x - top), 0)) - own[classes[n]!]!;
  }
  return total / count;
}
export function accuracyOf(logits: Float32Array, { classes, count }: Pairs): number {
  const size = logits.length / count;
  let right = 0;
  for (let n = 0; n < count; n++) {
    const own = logits.subarray(n * size, (n + 1) * size);
    if (own.indexOf(Math.max(...own)) === classes[n]) right++;
  }
  return right / count;
}
export { params, concat as _c };
