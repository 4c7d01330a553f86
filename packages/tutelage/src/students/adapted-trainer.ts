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

/** How a language model is trained: by AdamW, in full or by low-rank changes (Hu et al. 2021). */
export interface AdaptedTraining {
  readonly learningRate: number;
  /** Of matrices. */
  readonly weightDecay?: number;
  /** Takes the place of AdamW for the projections, where these are trained in full. */
  readonly muon?: optim.MuonDescription;
  readonly schedule?: optim.Schedule;
  readonly clipNorm?: number;
  /** Trains low-rank changes of the matrices whose names match, instead of all weights. */
  readonly lora?: { readonly rank: number; readonly alpha: number; readonly match: RegExp };
  /** Updates may be made of several batches. */
  readonly accumulates?: boolean;
  readonly seed: number;
  readonly threads?: number;
}

export interface AdaptedTrainerOptions<P, B> extends AdaptedTraining {
  readonly params: Concrete<P>;
  readonly loss: (params: P, batch: B) => Value;
  /** Parameters that are trained in full beside low-rank changes of others. */
  readonly whole?: RegExp;
}

/** Parameters in training. */
export interface AdaptedTrainer<P, B> {
  /** One update; with several batches, for which the trainer must accumulate, from the mean of their gradients. */
  learn(...batches: readonly [Concrete<B>, ...Concrete<B>[]]): Promise<StepResult<Value>>;
  /** The parameters as they are now, low-rank changes added. They are the trainer's own memory where there are none. */
  params(): Promise<Concrete<P>>;
  exportState(): TrainerState;
  importState(state: TrainerState): void;
  dispose(): Promise<void>;
}

type Adapted<P, T> = { readonly base: P; readonly lora?: nn.Lora<T> };

/** Weights that products have with texts: what low-rank changes are for, as a rule. */
export const projections = /(?:q|k|v|o|gate|up|down)_proj\.weight$/;

/** Trains parameters of any structure, with low-rank changes where they are asked for. */
export function adaptedTrainer<P, B>(options: AdaptedTrainerOptions<P, B>): AdaptedTrainer<P, B> {
  const {
    params,
    loss,
    lora,
    whole,
    muon,
    threads,
    schedule,
    clipNorm,
    weightDecay = 0,
    accumulates,
    seed,
  } = options;
  const adapters =
    lora &&
    nn.initLora(random.foldIn(random.key(seed), 'lora'), params as Tree<Tensor>, lora.match, lora.rank);
  const initial: Adapted<Concrete<P>, Tensor> = { base: params, ...(adapters && { lora: adapters }) };
  const adapted = ({ base, lora: own }: Adapted<P, Value>): P =>
    own && lora ? nn.withLora(base, own, lora.alpha) : base;
  const frozen = (name: string) => name.startsWith('base.') && !whole?.test(name);
  const trainer: Trainer<Adapted<P, Value>, B, Value> = createTrainer({
    params: initial as Concrete<Adapted<P, Value>>,
    loss: (p: Adapted<P, Value>, batch: B) => loss(adapted(p), batch),
    optimizer: optim.adamw({ learningRate: options.learningRate, beta2: 0.98, weightDecay }),
    groups: [...(lora ? [{ match: frozen, frozen: true }] : []), { match: /norm/, weightDecay: 0 }],
    ...(muon && { matrices: { match: projections, optimizer: muon } }),
    ...given({ schedule, clipNorm, accumulates, threads }),
    seed,
  });
  return {
    learn: (...batches) => trainer.step(...batches),
    async params() {
      const own = trainer.params as Adapted<Concrete<P>, Tensor>;
      return own.lora && lora ? merged(own.base, own.lora, lora.alpha) : own.base;
    },
    exportState: () => trainer.exportState(),
    importState: (state) => trainer.importState(state),
    dispose: () => trainer.dispose(),
  };
}

/** Weights with their low-rank changes added up. */
async function merged<P>(base: P, lora: nn.Lora<Tensor>, alpha: number): Promise<P> {
  const change = jit((weight: Value, a: Value, b: Value) =>
    add(weight, matmul(b, a, { alpha: alpha / a.dim(0) })),
  );
  const changed = new Map<string, Tensor>();
  for (const { path, leaf } of leavesOf<Tensor>(base as Tree<Tensor>)) {
    const pair = lora[path];
    if (pair) changed.set(path, (await change(leaf, pair.lora_A, pair.lora_B)) as Tensor);
  }
  await change.dispose();
  return mapTree<Tensor, Tensor>(base as Tree<Tensor>, (t, path) => changed.get(path) ?? t) as P;
}
