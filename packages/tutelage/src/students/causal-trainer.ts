import {
  add,
  type Concrete,
  createTrainer,
  jit,
  leavesOf,
  mapTree,
  matmul,
  nn,
  optim,
  random,
  type StepResult,
  type Tensor,
  type Trainer,
  type TrainerState,
  type Tree,
  type Value,
} from '@tutelage/engine';
import { given } from '../core/given.js';
import type { CausalModel } from '../language/causal-model.js';
import { type Llama, llama } from '../models/llama.js';

/** What every batch of a causal language model has; objectives add what they need. */
export interface CausalBatch {
  /** Ids that the model reads, [rows, length]. */
  readonly tokens: Value;
  /** Where rows hold several texts: their numbers, [rows, length]. */
  readonly segments?: Value;
}

export interface CausalTrainerOptions<B extends CausalBatch> {
  readonly model: Pick<CausalModel, 'config' | 'params'>;
  /** The loss of a batch from the logits after each of its tokens, [rows, length, vocabulary]. */
  readonly objective: (logits: Value, batch: B) => Value;
  readonly learningRate: number;
  /** Of matrices. */
  readonly weightDecay?: number;
  readonly schedule?: optim.Schedule;
  readonly clipNorm?: number;
  /** Trains low-rank changes of the matrices whose names match, instead of all weights. */
  readonly lora?: { readonly rank: number; readonly alpha: number; readonly match: RegExp };
  /** Updates may be made of several batches. */
  readonly accumulates?: boolean;
  readonly seed: number;
  readonly threads?: number;
}

/** A causal language model in training. */
export interface CausalTrainer<B extends CausalBatch> {
  /** One update; with several batches, for which the trainer must accumulate, from the mean of their gradients. */
  learn(...batches: readonly [Concrete<B>, ...Concrete<B>[]]): Promise<StepResult<Value>>;
  /** The weights as they are now, low-rank changes added. They are the trainer's own memory where there are none. */
  params(): Promise<Llama<Tensor>>;
  exportState(): TrainerState;
  importState(state: TrainerState): void;
  dispose(): Promise<void>;
}

type Adapted<T> = { readonly base: Llama<T>; readonly lora?: nn.Lora<T> };

/** Weights that products have with texts: what low-rank changes are for, as a rule. */
export const projections = /(?:q|k|v|o|gate|up|down)_proj\.weight$/;

/** Trains a causal language model by AdamW, in full or by low-rank changes (Hu et al. 2021). */
export function causalTrainer<B extends CausalBatch>(options: CausalTrainerOptions<B>): CausalTrainer<B> {
  const { model, objective, lora, threads, schedule, clipNorm, weightDecay = 0, accumulates, seed } = options;
  const adapters =
    lora &&
    nn.initLora(random.foldIn(random.key(seed), 'lora'), model.params as Tree<Tensor>, lora.match, lora.rank);
  const initial: Adapted<Tensor> = { base: model.params, ...(adapters && { lora: adapters }) };
  const adapted = ({ base, lora: own }: Adapted<Value>): Llama<Value> =>
    own && lora ? nn.withLora(base, own, lora.alpha) : base;
  const trainer: Trainer<Adapted<Value>, B, Value> = createTrainer({
    params: initial as Concrete<Adapted<Value>>,
    loss: (p: Adapted<Value>, batch: B) =>
      objective(llama(adapted(p), model.config, batch.tokens, batch.segments), batch),
    optimizer: optim.adamw({ learningRate: options.learningRate, beta2: 0.98, weightDecay }),
    groups: [...(lora ? [{ match: /^base\./, frozen: true }] : []), { match: /norm/, weightDecay: 0 }],
    ...given({ schedule, clipNorm, accumulates, threads }),
    seed,
  });
  return {
    learn: (...batches) => trainer.step(...batches),
    async params() {
      const own = trainer.params as Adapted<Tensor>;
      return own.lora && lora ? merged(own.base, own.lora, lora.alpha) : own.base;
    },
    exportState: () => trainer.exportState(),
    importState: (state) => trainer.importState(state),
    dispose: () => trainer.dispose(),
  };
}

/** Weights with their low-rank changes added up. */
async function merged(base: Llama<Tensor>, lora: nn.Lora<Tensor>, alpha: number): Promise<Llama<Tensor>> {
  const change = jit((weight: Value, a: Value, b: Value) =>
    add(weight, matmul(b, a, { alpha: alpha / a.dim(0) })),
  );
  const changed = new Map<string, Tensor>();
  for (const { path, leaf } of leavesOf<Tensor>(base as Tree<Tensor>)) {
    const pair = lora[path];
    if (pair) changed.set(path, (await change(leaf, pair.lora_A, pair.lora_B)) as Tensor);
  }
  await change.dispose();
  return mapTree<Tensor, Tensor>(base as Tree<Tensor>, (t, path) => changed.get(path) ?? t) as Llama<Tensor>;
}
