import { readFileSync } from 'node:fs';
import { integers, prefixMask, uniform } from './generator.js';

/** A tensor as plain data, row-major. */
export type TensorData =
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'int64'; readonly shape: readonly number[]; readonly data: BigInt64Array };

/** How a parameter starts: uniform in center ± scale (a constant where scale is 0). */
export interface ParameterRule {
  readonly name: string;
  readonly shape: readonly number[];
  readonly center: number;
  readonly scale: number;
}

interface BatchTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How one tensor of a batch is generated. Integers may be wanted as floats (answers of zero and one). */
export type BatchRule = BatchTensor &
  (
    | {
        readonly dtype: 'float32';
        readonly kind: 'uniform';
        readonly center: number;
        readonly scale: number;
      }
    | { readonly dtype: 'float32'; readonly kind: 'prefix'; readonly low: number; readonly high: number }
    | {
        readonly dtype: 'float32' | 'int64';
        readonly kind: 'integers';
        readonly low: number;
        readonly high: number;
      }
  );

/** The arguments of `torch.optim.AdamW`, which decays every parameter. */
export interface AdamWSettings {
  readonly learningRate: number;
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** What every fixture of a PyTorch training run tells: step s trains on batch s mod `batches`. */
interface TrainingRun {
  readonly name: string;
  readonly batch: readonly BatchRule[];
  readonly batches: number;
  readonly optimizer: AdamWSettings;
  /** Largest relative difference between PyTorch's losses in float32 and in float64: what rounding alone does. */
  readonly rounding: number;
  /** Loss before each update. */
  readonly losses: readonly number[];
}

/** One of our models, trained from generated parameters; written by `peers/parity/generate.py`. */
export interface ParityFixture extends TrainingRun {
  readonly config: Readonly<Record<string, unknown>>;
  readonly parameters: readonly ParameterRule[];
  /** Euclidean norm of each parameter's gradient at the first step, from the float64 run. */
  readonly gradientNorms: Readonly<Record<string, number>>;
  /** Of the trained parameters, without those that rounding alone decides (the bias of a key projection). */
  readonly final: Readonly<Record<string, { readonly mean: number; readonly norm: number }>>;
  /** Batch normalisation's running mean and variance after training; empty for other models. */
  readonly runningStatistics: Readonly<Record<string, readonly number[]>>;
}

export type ParityName = 'mlp' | 'convnet' | 'vit' | 'gpt' | 'gru' | 'dual-encoder';

export function loadParity(name: ParityName): ParityFixture {
  return readJson(`parity/${name}.json`) as ParityFixture;
}

/** The model's initial parameters by name, in the fixture's order. */
export function initialParameters(fixture: ParityFixture): Map<string, TensorData> {
  return new Map(
    fixture.parameters.map((rule) => [
      rule.name,
      float32(rule.shape, uniform(`${fixture.name}/${rule.name}`, size(rule.shape), rule.center, rule.scale)),
    ]),
  );
}

/** The tensors of step `step`'s batch by name. */
export function batchAt(run: TrainingRun, step: number): Map<string, TensorData> {
  const prefix = `${run.name}/batch${step % run.batches}`;
  return new Map(run.batch.map((rule) => [rule.name, materialise(`${prefix}/${rule.name}`, rule)]));
}

function materialise(seed: string, rule: BatchRule): TensorData {
  const count = size(rule.shape);
  switch (rule.kind) {
    case 'uniform':
      return float32(rule.shape, uniform(seed, count, rule.center, rule.scale));
    case 'prefix': {
      const [rows, columns] = rule.shape as [number, number];
      return float32(rule.shape, prefixMask(seed, rows, columns, rule.low, rule.high));
    }
    case 'integers': {
      const values = integers(seed, count, rule.low, rule.high);
      return rule.dtype === 'float32'
        ? float32(rule.shape, Float32Array.from(values))
        : { dtype: 'int64', shape: rule.shape, data: BigInt64Array.from(values, BigInt) };
    }
  }
}

function float32(shape: readonly number[], data: Float32Array): TensorData {
  return { dtype: 'float32', shape, data };
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8'));
}
