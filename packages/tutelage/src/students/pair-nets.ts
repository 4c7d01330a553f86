import { type Concrete, random, type Tensor, tensor, type Value } from '@tutelage/engine';
import { argMax, logProbabilities } from '../assessment/probabilities.js';
import { type Fusion, fusionFeatures, fusionLogits, initFusion } from '../models/fusion.js';
import type { Pairs } from '../tasks/modality-pairs.js';
import { constants } from './fit.js';
import { overRows } from './over-rows.js';

/** A batch of pairs: the modality that stays, then the other. */
export type PairBatch = { readonly x: readonly [Value, Value]; readonly y: Value };

/** The student of one modality, a teacher of the other (auxiliary) and one of both. */
export type PairNets<T> = Readonly<Record<Role, Fusion<T>>>;

export const roles = ['student', 'auxiliary', 'teacher'] as const;
export type Role = (typeof roles)[number];

const widths = { student: [6, 16, 32], auxiliary: [8, 16, 32], teacher: [8, 16, 32] } as const;
const hidden = 32;

const seenBy: Readonly<Record<Role, readonly (0 | 1)[]>> = { student: [0], auxiliary: [1], teacher: [0, 1] };

export function initPairNets(key: random.Key, shapes: Pairs['shapes'], classes: number): PairNets<Tensor> {
  const net = (role: Role) =>
    initFusion(random.foldIn(key, role), {
      shapes: seenBy[role].map((m) => shapes[m]),
      widths: widths[role],
      hidden,
      classes,
    });
  return { student: net('student'), auxiliary: net('auxiliary'), teacher: net('teacher') };
}

export function featuresOf(role: Role, net: Fusion<Value>, { x }: PairBatch): Value {
  return fusionFeatures(
    net,
    seenBy[role].map((m) => x[m]),
  );
}

export function logitsOf(role: Role, net: Fusion<Value>, batch: PairBatch): Value {
  return fusionLogits(net, featuresOf(role, net, batch));
}

export function pairBatch({ inputs, classes, shapes }: Pairs, rows: readonly number[]): Concrete<PairBatch> {
  const take = (m: 0 | 1): Tensor => {
    const { data } = chosenRows(
      inputs[m],
      shapes[m].reduce((a, b) => a * b, 1),
      rows,
    );
    return tensor(data as Float32Array, [rows.length, ...shapes[m]]);
  };
  return { x: [take(0), take(1)], y: tensor(Int32Array.from(rows, (row) => classes[row]!)) };
}

/** Some rows of a table of rows of one width: [rows, width]. */
export function chosenRows(table: Float32Array, width: number, rows: readonly number[]): Tensor {
  const data = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) data.set(table.subarray(row * width, (row + 1) * width), i * width);
  return tensor(data, [rows.length, width]);
}

/** Runs a function of batches over all pairs, in evaluation. */
export function overPairs(pairs: Pairs, compute: (batch: PairBatch) => Value): Promise<Float32Array> {
  return overRows<PairBatch>(pairs.count, (rows) => pairBatch(pairs, rows), compute);
}

/** A student's logits of all pairs. */
export async function answersTo(pairs: Pairs, student: Fusion<Tensor>): Promise<Float32Array[]> {
  const logits = await overPairs(pairs, (batch) =>
    logitsOf('student', constants<Fusion<Value>>(student), batch),
  );
  return tableRows(logits, pairs.count);
}

/** A table's rows. */
export function tableRows(table: Float32Array, count: number): Float32Array[] {
  const width = table.length / count;
  return Array.from({ length: count }, (_, i) => table.subarray(i * width, (i + 1) * width));
}

export interface PairScores {
  readonly accuracy: number;
  /** Mean negative log-likelihood of the true class, in nats. */
  readonly logLoss: number;
}

/** @param logits of each pair */
export function scorePairs({ classes }: Pairs, logits: readonly Float32Array[]): PairScores {
  let [right, loss] = [0, 0];
  for (const [i, own] of logits.entries()) {
    if (argMax(own) === classes[i]) right++;
    loss -= logProbabilities(own)[classes[i]!]!;
  }
  return { accuracy: right / logits.length, logLoss: loss / logits.length };
}
