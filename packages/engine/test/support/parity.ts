import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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

/** How one tensor of a batch is generated. Integers and masks may be wanted as floats. */
export type BatchRule = {
  readonly name: string;
  readonly shape: readonly number[];
} & (
  | { readonly kind: 'uniform'; readonly dtype: 'float32'; readonly center: number; readonly scale: number }
  | {
      readonly kind: 'integers' | 'prefix';
      readonly dtype: 'float32' | 'int64';
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
export interface TrainingRun {
  readonly name: string;
  readonly batch: readonly BatchRule[];
  readonly batches: number;
  readonly optimizer: AdamWSettings;
  /**
   * Largest relative difference between PyTorch's losses in float32 and in float64: what rounding alone does, 2e-5 at
   * most. Losses within 1e-4 pass; a weight decay left out or the other form of GELU is about 1e-3 away.
   */
  readonly rounding: number;
  /** Loss before each update. */
  readonly losses: readonly number[];
  /** Euclidean norm of each parameter's gradient at the first step, from the float64 run. */
  readonly gradientNorms: Readonly<Record<string, number>>;
}

/** One of our models, trained from generated parameters; written by `peers/parity/generate.py`. */
export interface ParityFixture extends TrainingRun {
  /** Euclidean norm of the whole gradient at each step, from the float64 run. */
  readonly stepNorms: readonly number[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly parameters: readonly ParameterRule[];
  /** Of the trained parameters, without those that rounding alone decides (the bias of a key projection). */
  readonly final: Readonly<Record<string, { readonly mean: number; readonly norm: number }>>;
  /** Batch normalisation's running mean and variance after training; empty for other models. */
  readonly runningStatistics: Readonly<Record<string, readonly number[]>>;
}

/**
 * A model exported to ONNX by PyTorch with its weights inside, and fine-tuned there in evaluation mode (batch
 * normalisation's running statistics are frozen) with cross-entropy; written by `peers/parity/generate_imports.py`.
 */
export interface ImportFixture extends TrainingRun {
  /** Tensors of the batch that the graph takes; the rest is labels. */
  readonly inputs: readonly string[];
  /** The graph's `logits` on the first batch before training, row-major. */
  readonly outputs: readonly number[];
  /** One file per exporter. Its parameters: which initializer holds each, and whether as the transpose. */
  readonly files: readonly {
    readonly file: string;
    readonly parameters: Readonly<
      Record<string, { readonly initializer: string; readonly transposed: boolean }>
    >;
  }[];
}

export type ParityName = 'mlp' | 'convnet' | 'vit' | 'gpt' | 'gru' | 'dual-encoder' | 'sft' | 'dpo' | 'grpo';

export function loadParity(name: ParityName): ParityFixture {
  return readJson(`parity/${name}.json`) as ParityFixture;
}

export function loadImport(name: 'bert' | 'convnet'): ImportFixture {
  return readJson(`import/${name}.json`) as ImportFixture;
}

/** Path of an import fixture's ONNX file. */
export function importPath(file: string): string {
  return fileURLToPath(new URL(`../fixtures/import/${file}`, import.meta.url));
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
  const { kind, shape } = rule;
  if (kind === 'uniform') return float32(shape, uniform(seed, size(shape), rule.center, rule.scale));
  const values =
    kind === 'integers'
      ? integers(seed, size(shape), rule.low, rule.high)
      : prefixMask(seed, shape[0]!, shape[1]!, rule.low, rule.high);
  return rule.dtype === 'float32'
    ? float32(shape, Float32Array.from(values))
    : { dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) };
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
