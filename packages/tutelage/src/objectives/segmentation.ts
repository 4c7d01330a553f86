import {
  add,
  crossEntropy,
  div,
  klDivergence,
  logSoftmax,
  maximum,
  mean,
  mul,
  reshape,
  softmax,
  sqrt,
  sub,
  sum,
  transpose,
  type Value,
} from '@tutelage/engine';
import { distillation } from './distillation.js';

/** [batch, classes, ...size] as [batch * positions, classes]: a row for each pixel. */
function pixelRows(logits: Value): Value {
  const [batch, classes] = [logits.dim(0), logits.dim(1)];
  return reshape(transpose(reshape(logits, [batch, classes, -1]), [0, 2, 1]), [-1, classes]);
}

/** [batch, classes, ...size] as [batch, classes, positions]: a row for each class of each example. */
function channelRows(logits: Value): Value {
  return reshape(logits, [logits.dim(0), logits.dim(1), -1]);
}

/**
 * Cross-entropy of each pixel, the mean over those that are not ignored.
 *
 * @param logits [batch, classes, ...size]
 * @param labels [batch, ...size], ids from 0
 * @param ignore id of pixels that count for nothing
 */
export function pixelCrossEntropy(logits: Value, labels: Value, ignore: number): Value {
  return crossEntropy(pixelRows(logits), reshape(labels, [-1]), { ignoreIndex: ignore });
}

export interface MapDistillationOptions {
  /** Softens teacher and student alike. */
  readonly temperature: number;
}

/**
 * Pixel-wise distillation: T^2 KL(teacher || student) over the classes of each pixel, the mean over pixels.
 *
 * @param student logits [batch, classes, ...size]
 * @param teacher logits of the same shape
 */
export function pixelDistillation(student: Value, teacher: Value, options: MapDistillationOptions): Value {
  return distillation(pixelRows(student), pixelRows(teacher), options);
}

/**
 * Channel-wise distillation (Shu et al. 2021, equation 3): T^2 KL(teacher || student) over the positions of each class's map, the
 * mean over maps. It compares where a class is sought, whatever its logits' level.
 *
 * @param student logits [batch, classes, ...size]
 * @param teacher logits of the same shape
 */
export function channelWiseDistillation(
  student: Value,
  teacher: Value,
  { temperature }: MapDistillationOptions,
): Value {
  const soft = (logits: Value) => logSoftmax(mul(channelRows(logits), 1 / temperature));
  return mul(klDivergence(soft(student), soft(teacher)), temperature ** 2);
}

/**
 * DIST (Huang et al. 2022, equations 7 to 10, both terms with weight 1): T^2 times 1 - the correlation of soft answers over the
 * classes of each pixel, plus the same over the positions of each class.
 *
 * @param student logits [batch, classes, ...size]
 * @param teacher logits of the same shape
 */
export function correlationDistillation(
  student: Value,
  teacher: Value,
  { temperature }: MapDistillationOptions,
): Value {
  const soft = (logits: Value) => softmax(mul(pixelRows(logits), 1 / temperature));
  const [s, t] = [soft(student), soft(teacher)];
  const positions = [student.dim(0), -1, student.dim(1)];
  const across = (rows: Value) => transpose(reshape(rows, positions), [0, 2, 1]);
  const distance = add(uncorrelated(s, t), uncorrelated(across(s), across(t)));
  return mul(distance, temperature ** 2);
}

/** Under the root of a product of variances, so that constant rows have a gradient. */
const leastVariance = 1e-12;

/** 1 - Pearson's correlation over the last axis, the mean over rows. */
function uncorrelated(x: Value, y: Value): Value {
  const centred = (v: Value) => sub(v, mean(v, { axes: -1, keepDims: true }));
  const [a, b] = [centred(x), centred(y)];
  const square = (v: Value) => sum(mul(v, v), { axes: -1 });
  const scale = sqrt(maximum(mul(square(a), square(b)), leastVariance));
  return sub(1, mean(div(sum(mul(a, b), { axes: -1 }), scale)));
}
