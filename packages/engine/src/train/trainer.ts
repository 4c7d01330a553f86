import { type Objective, valueAndGrad } from '../autodiff/grad.js';
import { programCache } from '../compile/cache.js';
import type { Concrete } from '../compile/jit.js';
import { ShapeError } from '../graph/errors.js';
import { showShape } from '../graph/shape.js';
import { checkTensor, item, type Tensor } from '../graph/tensor.js';
import { leavesOf, mapTree, type Tree } from '../graph/tree.js';
import type { Value } from '../graph/value.js';
import { keyTensor } from '../ops/random.js';
import { type BindOptions, type BoundOptimizer, bindOptimizer, type StepReport } from '../optim/bind.js';
import type { MuonDescription } from '../optim/muon.js';
import type { Optimizer } from '../optim/optimizer.js';
import { constant, type Schedule } from '../optim/schedules.js';
import type { OptimizerState } from '../optim/state.js';
import { foldIn, key } from '../random/keys.js';
import type { SessionOptions } from '../runtime/backend.js';
import { muonDirections, muonUpdate } from './muon.js';

/** What is trained, on what, and how. */
export interface TrainerOptions<P, B, R extends Objective> extends BindOptions, SessionOptions {
  /** Initial parameters, float32; they are copied. */
  readonly params: Concrete<P>;
  /**
   * The loss of a batch, a scalar, or `[loss, aux]` with whatever else one wants out. `key` is a fresh random key for each
   * step, for dropout and the like.
   */
  readonly loss: (params: P, batch: B, key: Value) => R;
  readonly optimizer: Optimizer;
  /** Muon for the matrices whose path matches; the others have `optimizer`, and `clipNorm` looks at these alone. */
  readonly matrices?: { readonly match: RegExp; readonly optimizer: MuonDescription };
  /** Factor on the learning rate by step, from 0. Constant when left out. */
  readonly schedule?: Schedule;
  /** Seed of the random numbers of the steps. Default 0. */
  readonly seed?: number | string;
}

export interface StepResult<R extends Objective> extends Omit<StepReport, 'step'> {
  /** Loss before the update; with several batches, their mean. */
  readonly loss: number;
  /** What the loss function returned beside the loss, for the last batch. */
  readonly aux: R extends readonly [Value, infer Aux] ? Concrete<Aux> : undefined;
}

/** Everything that a resumed training, begun with the same parameters, needs to go on with the same bits. */
export interface TrainerState {
  /** Without the frozen ones, which stay as they were given. */
  readonly params: ReadonlyMap<string, Tensor>;
  readonly optimizers: readonly OptimizerState[];
  /** Steps taken, with those whose update was skipped. */
  readonly step: number;
}

export interface Trainer<P, B, R extends Objective> {
  /** The parameters in the trainer's own memory: each step changes them in place. */
  readonly params: Concrete<P>;
  /** Their exponential moving average, when `averageDecay` is given. */
  readonly averages: Concrete<P> | undefined;
  /** One update from one batch, or, with `accumulates`, from the mean gradient of several. */
  step(...batches: readonly [Concrete<B>, ...Concrete<B>[]]): Promise<StepResult<R>>;
  exportState(): TrainerState;
  importState(state: TrainerState): void;
  /** Frees the compiled programs. Parameters stay readable. */
  dispose(): Promise<void>;
}

/**
 * Trains parameters. Each step is one call of the runtime, which reads parameters from and writes gradients to one stretch of
 * memory, followed by one fused update of it. Programs are compiled once for each shape of batch.
 *
 * @throws {ShapeError} when a parameter is not float32
 */
export function createTrainer<P, B, R extends Objective>(options: TrainerOptions<P, B, R>): Trainer<P, B, R> {
  const { parts, params, averages } = ownParameters(options);
  const live = leavesOf<Tensor>(params);
  const slots = new Map(parts.flatMap((p) => [...p.bound.tensors]));
  const gradients = live.flatMap(({ path, leaf }): Tensor[] => {
    const { gradient } = slots.get(path)!;
    return gradient ? [{ ...leaf, data: gradient }] : [];
  });
  const moving = live.filter(({ path }) => slots.get(path)!.gradient);
  const trainable = new Set(moving.map(({ path }) => path));
  const programs = programCache(tracedStep(options.loss, trainable), sessionOptions(options));
  const base = key(options.seed ?? 0);
  const schedule = options.schedule ?? constant();
  let done = 0;
  let busy = false;

  const step = async (batches: readonly Tree<Tensor>[]): Promise<StepResult<R>> => {
    let total = 0;
    let aux: unknown;
    for (const [i, batch] of batches.entries()) {
      const inputs = leavesOf<Tensor>(batch).map(({ path, leaf }) =>
        checkTensor(`trainer: batch${path && `.${path}`}`, leaf),
      );
      const batchKey = keyTensor(foldIn(foldIn(base, done), i));
      const program = await programs.find([params, batch, batchKey]);
      const outputs = await program.run([...live.map(({ leaf }) => leaf), ...inputs, batchKey], gradients);
      total += item(outputs[gradients.length]!);
      aux = (mapTree<number, Tensor>(program.result, (at) => outputs[at]!) as { aux?: unknown }).aux;
      if (batches.length > 1) for (const { bound } of parts) bound.accumulate();
    }
    const report = await update(parts, schedule(done));
    done++;
    return { ...report, loss: total / batches.length, aux: aux as StepResult<R>['aux'] };
  };

  return {
    params: params as Concrete<P>,
    averages: averages as Concrete<P> | undefined,
    async step(...batches) {
      if (busy) throw new Error('trainer: the step before has not ended; await each step');
      busy = true;
      try {
        return await step(batches as readonly Tree<Tensor>[]);
      } finally {
        busy = false;
      }
    },
    exportState: () => ({
      params: new Map(moving.map(({ path, leaf }) => [path, { ...leaf, data: leaf.data.slice() }])),
      optimizers: parts.map(({ bound }) => bound.exportState()),
      step: done,
    }),
    importState(state) {
      for (const { path, leaf } of moving) {
        const saved = state.params.get(path);
        if (saved?.data.length !== leaf.data.length) {
          throw new RangeError(`trainer: the saved state does not fit this model: ${path}`);
        }
        (leaf.data as Float32Array).set(saved.data as Float32Array);
      }
      parts.forEach(({ bound }, i) => {
        const saved = state.optimizers[i];
        if (!saved) throw new RangeError('trainer: the saved state is of other optimizers');
        bound.importState(saved);
      });
      done = state.step;
    },
    async dispose() {
      await programs.dispose();
      for (const { muon } of parts) await muon?.dispose();
    },
  };
}

/**
 * The parameters in memory of the optimizers, and what updates them. A function of its own, so that nothing of the trainer keeps
 * the initial parameters in memory.
 */
function ownParameters<P, B, R extends Objective>(
  options: TrainerOptions<P, B, R>,
): { parts: Part[]; params: Tree<Tensor>; averages: Tree<Tensor> | undefined } {
  const initial = options.params as Tree<Tensor>;
  const given = leavesOf<Tensor>(initial);
  for (const { path, leaf } of given) {
    if (checkTensor(`trainer: params.${path}`, leaf).dtype !== 'float32') {
      throw new ShapeError(`trainer: parameters must be float32: ${path} is ${leaf.dtype}`);
    }
  }
  const parts = bindParts(options, given);
  const own = new Map(parts.flatMap((p) => [...p.bound.tensors]).map(([path, t]) => [path, t.parameter]));
  const averaged = new Map(parts.flatMap((p) => [...p.bound.averages]));
  for (const { path, leaf } of given) own.get(path)!.set(leaf.data as Float32Array);
  const within = (views: ReadonlyMap<string, Float32Array>) =>
    mapTree<Tensor, Tensor>(initial, (t, path) => ({ ...t, data: views.get(path)! }));
  return {
    parts,
    params: within(own),
    averages: options.averageDecay === undefined ? undefined : within(averaged),
  };
}

function sessionOptions({ threads, device }: SessionOptions): SessionOptions {
  return { ...(threads !== undefined && { threads }), ...(device !== undefined && { device }) };
}

/** Parameters under one optimizer. */
interface Part {
  readonly bound: BoundOptimizer;
  readonly muon?: ReturnType<typeof muonDirections>;
}

function bindParts(
  options: BindOptions &
    SessionOptions &
    Pick<TrainerOptions<unknown, unknown, Value>, 'optimizer' | 'matrices'>,
  params: readonly { readonly path: string; readonly leaf: Tensor }[],
): Part[] {
  const sized = (of: typeof params) => of.map(({ path, leaf }) => ({ name: path, size: leaf.data.length }));
  const { matrices } = options;
  if (!matrices) return [{ bound: bindOptimizer(options.optimizer, sized(params), options) }];
  const [chosen, rest] = [true, false].map((side) =>
    params.filter((p) => matrices.match.test(p.path) === side),
  );
  for (const { path, leaf } of chosen!) {
    if (leaf.shape.length !== 2)
      throw new ShapeError(`muon: ${path} is not a matrix: ${showShape(leaf.shape)}`);
  }
  const { clipNorm: _, ...unclipped } = options;
  const bound = bindOptimizer(muonUpdate(matrices.optimizer), sized(chosen!), unclipped);
  const moving = chosen!.flatMap(({ path, leaf }) => {
    const { gradient, slots } = bound.tensors.get(path)!;
    return gradient
      ? [{ gradient: { ...leaf, data: gradient }, momentum: { ...leaf, data: slots[0]! } }]
      : [];
  });
  const muon: Part = { bound, muon: muonDirections(matrices.optimizer, moving, sessionOptions(options)) };
  return rest!.length === 0
    ? [muon]
    : [{ bound: bindOptimizer(options.optimizer, sized(rest!), options) }, muon];
}

/** One update of all parts, or of none when a gradient is not finite. */
async function update(parts: readonly Part[], learningRateFactor: number): Promise<Omit<StepReport, 'step'>> {
  if (parts.length === 1 && !parts[0]!.muon) return parts[0]!.bound.step({ learningRateFactor });
  const gradientNorm = Math.hypot(...parts.map(({ bound }) => bound.settle()));
  if (!Number.isFinite(gradientNorm)) return { applied: false, gradientNorm };
  for (const { muon } of parts) await muon?.run();
  const reports = parts.map(({ bound }) => bound.step({ learningRateFactor }));
  return { applied: reports.every((r) => r.applied), gradientNorm };
}

/** One step without its update: gradients of the trainable parameters, then the loss, then the rest. */
function tracedStep<P, B, R extends Objective>(
  loss: TrainerOptions<P, B, R>['loss'],
  trainable: ReadonlySet<string>,
) {
  return (params: Tree<Value>, batch: Tree<Value>, stepKey: Value) => {
    const paths = leavesOf<Value>(params).filter(({ path }) => trainable.has(path));
    const objective = (moving: readonly Value[]) => {
      const own = new Map(paths.map(({ path }, i) => [path, moving[i]!]));
      const whole = mapTree<Value, Value>(params, (v, path) => own.get(path) ?? v);
      return loss(whole as P, batch as B, stepKey);
    };
    const { value, grad, aux } = valueAndGrad(objective)(paths.map(({ leaf }) => leaf));
    return { grad, value, aux };
  };
}
