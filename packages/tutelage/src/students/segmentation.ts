import {
  add,
  argMax,
  type Concrete,
  exp,
  logSoftmax,
  mean as meanOf,
  mul,
  neg,
  optim,
  random,
  stopGradient,
  sum,
  type Tensor,
  tensor,
  type Value,
} from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { pixelConfusion, type SegmentationScores, segmentationScores } from '../assessment/segmentation.js';
import {
  atResolution,
  initSegmenter,
  type Segmenter,
  type SegmenterState,
  segmenter,
} from '../models/segmenter.js';
import {
  channelWiseDistillation,
  correlationDistillation,
  type MapDistillationOptions,
  pixelCrossEntropy,
  pixelDistillation,
} from '../objectives/segmentation.js';
import type { LabelledMaps } from '../tasks/labelled-maps.js';
import { constants, fit, type Net } from './fit.js';
import { overRows } from './over-rows.js';

export type SegmentationNet = Net<Segmenter<Tensor>, SegmenterState<Tensor>>;

/** x [batch, channels, ...size] and its labels y [batch, ...size]. */
export type MapBatch = { readonly x: Value; readonly y: Value };

export interface SegmentationPlan {
  /** Of the net: kernels of its first convolution. */
  readonly width: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Of Adam; it falls as (1 - progress)^0.9. */
  readonly learningRate: number;
  /** Mirrors every other image at random, left for right. */
  readonly flip: boolean;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/**
 * Teaches a new segmentation net.
 *
 * @param more.channels of what the net sees beside the inputs
 * @param more.loss of a batch, given the net's forward pass with the batch's own statistics
 */
export function teachSegmenter(
  maps: LabelledMaps,
  { width, epochs, batchSize, learningRate, flip, seed, signal }: SegmentationPlan,
  more: {
    readonly channels?: number;
    readonly loss: (
      forward: (x: Value) => { readonly logits: Value; readonly statistics: SegmenterState<Value> },
      batch: MapBatch,
      key: Value,
    ) => readonly [Value, SegmenterState<Value>];
  },
): Promise<SegmentationNet> {
  const { count, channels, size, classes } = maps;
  const key = random.key(seed);
  const axes = size.length === 1 ? 1 : 2;
  return fit<Segmenter<Value>, SegmenterState<Value>, MapBatch>({
    net: initSegmenter(random.foldIn(key, 'net'), {
      axes,
      channels: channels + (more.channels ?? 0),
      width,
      classes: classes.length,
    }),
    loss: (params, batch, step) => more.loss((x) => segmenter(params, x), batch, step),
    rows: count,
    batchSize,
    epochs,
    batch: (rows, _, step) => {
      const mirrored = new Float32Array(rows.length);
      if (flip) random.fillUniform(mirrored, random.foldIn(random.foldIn(key, 'flips'), step));
      return mapBatch(maps, rows, (i) => mirrored[i]! > 0.5);
    },
    optimizer: optim.adamw({ learningRate, weightDecay: 0 }),
    schedule: (total) => optim.polynomial({ total, power: 0.9 }),
    seed,
    signal,
  });
}

/** Rows as a batch, those mirrored whose position `flipped` names. */
function mapBatch(
  { inputs, labels, channels, size }: LabelledMaps,
  rows: readonly number[],
  flipped: (position: number) => boolean = () => false,
): Concrete<MapBatch> {
  const area = size.reduce((a, b) => a * b, 1);
  const width = size.at(-1)!;
  const x = new Float32Array(rows.length * channels * area);
  const y = new Int32Array(rows.length * area);
  rows.forEach((row, i) => {
    const [from, to] = [row * channels * area, (row + 1) * channels * area];
    x.set(inputs.subarray(from, to), i * channels * area);
    y.set(labels.subarray(row * area, (row + 1) * area), i * area);
    if (!flipped(i)) return;
    mirrorLines(x.subarray(i * channels * area, (i + 1) * channels * area), width);
    mirrorLines(y.subarray(i * area, (i + 1) * area), width);
  });
  return { x: tensor(x, [rows.length, channels, ...size]), y: tensor(y, [rows.length, ...size]) };
}

function mirrorLines(values: Float32Array | Int32Array, width: number): void {
  for (let at = 0; at < values.length; at += width) values.subarray(at, at + width).reverse();
}

/** Pixels that a call of the runtime takes at a time, for whose layers there must be memory. */
const mostPixels = 2 ** 19;

/**
 * Runs a function of batches, in evaluation, over all maps.
 *
 * @param compute of a batch, given a key that is another for each batch; its value has a row for each map
 * @returns the rows of all maps
 */
function overMaps(
  maps: LabelledMaps,
  seed: number,
  compute: (batch: MapBatch, key: Value) => Value,
): Promise<Float32Array> {
  const area = maps.size.reduce((a, b) => a * b, 1);
  const atOnce = Math.max(1, Math.min(64, Math.floor(mostPixels / area)));
  return overRows<MapBatch>(maps.count, (rows) => mapBatch(maps, rows), compute, { seed, atOnce });
}

/** A net in evaluation, its parameters constants: what a traced function calls for logits at half the resolution. */
export function frozen({ params, state }: SegmentationNet): (x: Value) => Value {
  return (x) =>
    segmenter(constants<Segmenter<Value>>(params), x, constants<SegmenterState<Value>>(state)).logits;
}

/** A frozen net's logits for a batch. */
export type MapLogits = (batch: MapBatch, key: Value) => Value;

/** What a net that sees the inputs alone answers. */
export function unassisted(net: SegmentationNet): MapLogits {
  const forward = frozen(net);
  return ({ x }) => forward(x);
}

export interface MapTeaching extends MapDistillationOptions {
  /** Of the student's maps from its teacher's: over positions, over classes, or correlations of both. */
  readonly distance: keyof typeof distances;
  readonly distanceWeight: number;
}

const distances = { cwd: channelWiseDistillation, kl: pixelDistillation, dist: correlationDistillation };

/** Teaches a net the labels and, if there is a teacher, its maps. */
export function teachFromMaps(
  maps: LabelledMaps,
  plan: SegmentationPlan,
  { distance, distanceWeight, temperature }: MapTeaching,
  teacher?: MapLogits,
): Promise<SegmentationNet> {
  return teachSegmenter(maps, plan, {
    loss: (forward, batch, key) => {
      const { logits, statistics } = forward(batch.x);
      const labels = pixelCrossEntropy(atResolution(logits, maps.size), batch.y, maps.classes.length);
      if (!teacher) return [labels, statistics];
      const apart = distances[distance](logits, stopGradient(teacher(batch, key)), { temperature });
      return [add(labels, mul(apart, distanceWeight)), statistics];
    },
  });
}

/** How well a net labels maps. */
export async function scoreMaps(
  maps: LabelledMaps,
  seed: number,
  logits: MapLogits,
): Promise<SegmentationScores> {
  const answers = await overMaps(maps, seed, (batch, key) =>
    argMax(atResolution(logits(batch, key), maps.size), 1),
  );
  return segmentationScores(pixelConfusion(maps.labels, answers, maps.classes.length, maps.classes.length));
}

/** What soft answers leave open, in nats, the mean over all positions: ln(classes) when nothing is known. */
export async function meanEntropy(maps: LabelledMaps, seed: number, logits: MapLogits): Promise<number> {
  const entropies = await overMaps(maps, seed, (batch, key) => {
    const soft = logSoftmax(logits(batch, key), 1);
    const own = neg(sum(mul(exp(soft), soft), { axes: 1 }));
    return meanOf(own, { axes: maps.size.map((_, i) => i + 1) });
  });
  return mean(entropies);
}
