import {
  add,
  binaryCrossEntropyWithLogits,
  type Concrete,
  createTrainer,
  encodeModel,
  exportOnnx,
  jit,
  mapTree,
  optim,
  random,
  sigmoid,
  type Tensor,
  type Tree,
  type Value,
} from '@tutelage/engine';
import { shuffled } from '../curricula/weighted-draw.js';
import type { TracingInputs, TracingNet, TracingVocabulary } from '../models/tracing/net.js';
import type { Interactions } from '../tasks/interactions/index.js';
import { assessTracing } from './assess.js';
import { windowFollower } from './net-follower.js';
import type { FitOptions, FitSplit, Tracer, TracerKind } from './tracer.js';
import { batched, batchOf, type Grouping, type TracingBatch, windowsOf } from './windows.js';

export interface NetSettings {
  /** Longest sequence; longer ones are cut in training, and go through overlapping windows in prediction. */
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly epochs: number;
  /** Epochs without a better AUC on the validation learners before training ends. */
  readonly patience: number;
  /** Rows between two windows of one learner in prediction: 1 gives every row the longest history. */
  readonly stride: number;
  readonly grouping?: Grouping;
}

/** A tracer whose estimates can also be had for each concept of an answer. */
export interface NetTracer extends Tracer {
  /** Estimates of the rows of some learners, one for each concept of an answer, and the data's row that each belongs to. */
  predictExpanded(
    data: Interactions,
    learners: Int32Array,
    grouping: Grouping,
  ): Promise<{ readonly row: Int32Array; readonly chance: Float32Array }>;
}

export interface NetTracerKind extends TracerKind {
  fit(data: Interactions, split: FitSplit, options: FitOptions): Promise<NetTracer>;
}

/**
 * Tracing by a net: trained on the training learners' sequences, one row for each concept of an answer, by binary cross-entropy;
 * stopped early by the AUC of the validation learners, whose best epoch is kept.
 */
export function netKind<P>(
  id: string,
  title: string,
  netOf: (vocabulary: TracingVocabulary) => TracingNet<P>,
  settings: NetSettings,
): NetTracerKind {
  return {
    id,
    title,
    async fit(data, split, { seed, signal, say }) {
      const { steps, batchSize, grouping = 'answers' } = settings;
      const net = netOf({ concepts: data.concepts.length, questions: data.questions.length });
      const key = random.key(seed);
      const trainer = createTrainer({
        params: net.init(random.foldIn(key, 'parameters')),
        loss: (p: P, batch: { readonly [K in keyof TracingBatch]: Value }, k: Value) => {
          const { logits, penalty } = net.estimate(p, batch, k);
          const loss = binaryCrossEntropyWithLogits(logits, batch.target, { weights: batch.weight });
          return penalty ? add(loss, penalty) : loss;
        },
        optimizer: optim.adamw({ learningRate: settings.learningRate, weightDecay: 0 }),
        seed,
        threads: 1,
      });
      const windows = Array.from(split.train, (u) =>
        windowsOf(data, u, { steps, stride: steps, grouping }),
      ).flat();
      let best = { auc: 0, epoch: -1, params: copied(trainer.params) };
      const chances = estimator(net);
      for (let epoch = 0; epoch < settings.epochs && !signal.aborted; epoch++) {
        const order = shuffled(windows.length, random.foldIn(random.foldIn(key, 'order'), epoch));
        const batches = batched(
          order.map((i) => windows[i]!),
          batchSize,
          steps,
        );
        const turns = shuffled(batches.length, random.foldIn(random.foldIn(key, 'turns'), epoch));
        let loss = 0;
        for (const i of turns) {
          const batch = batches[i]!;
          loss += (await trainer.step(batchOf(data, batch.windows, batchSize, batch.steps))).loss;
          if (signal.aborted) break;
        }
        const fitted = tracer(net, trainer.params, chances, settings);
        const chance = await fitted.predict(data, split.validation);
        const { auc } = assessTracing(data, split.validation, chance);
        say?.(
          `${id}: epoch ${epoch + 1}: loss ${(loss / turns.length).toFixed(4)}, validation AUC ${auc.toFixed(4)}`,
        );
        if (auc > best.auc) best = { auc, epoch, params: copied(trainer.params) };
        if (epoch - best.epoch >= settings.patience) break;
      }
      await trainer.dispose();
      return tracer(net, best.params, chances, settings);
    },
  };
}

function copied<T>(params: T): T {
  return mapTree<Tensor, Tensor>(params as Tree<Tensor>, (t) => ({ ...t, data: t.data.slice() })) as T;
}

/** The chances of a net's rows. */
function estimator<P>(net: TracingNet<P>) {
  return jit((p: P, inputs: TracingInputs<Value>) => sigmoid(net.estimate(p, inputs).logits), { threads: 1 });
}

export type Estimator<P> = ReturnType<typeof estimator<P>>;

function tracer<P>(
  net: TracingNet<P>,
  params: Concrete<P>,
  chances: Estimator<P>,
  { steps, batchSize, stride }: NetSettings,
): NetTracer {
  const estimates = async (batch: TracingBatch): Promise<Float32Array> => {
    const { target: _, weight: __, ...inputs } = batch;
    return (await chances(...([params, inputs] as unknown as Parameters<Estimator<P>>))).data as Float32Array;
  };
  const predictExpanded: NetTracer['predictExpanded'] = async (data, learners, grouping) => {
    const windows = Array.from(learners, (u) => windowsOf(data, u, { steps, stride, grouping })).flat();
    const found = new Map<(typeof windows)[number], Float32Array>();
    for (const batch of batched(windows, batchSize, steps)) {
      const all = await estimates(batchOf(data, batch.windows, batchSize, batch.steps));
      batch.windows.forEach((window, i) => {
        const own = all.subarray(i * batch.steps + window.scored, i * batch.steps + window.row.length);
        found.set(window, own.slice());
      });
    }
    const row = windows.flatMap((window) => [...window.row.subarray(window.scored)]);
    const chance = new Float32Array(row.length);
    let at = 0;
    for (const window of windows) {
      chance.set(found.get(window)!, at);
      at += window.row.length - window.scored;
    }
    return { row: Int32Array.from(row), chance };
  };
  return {
    predictExpanded,
    async predict(data, learners) {
      const { row, chance } = await predictExpanded(data, learners, 'answers');
      return fused(row, chance);
    },
    follow: (state) => windowFollower({ steps, estimate: estimates }, state),
    file: () => ({ name: 'model.onnx', content: encodeModel(exported(net, params)) }),
    dispose: chances.dispose,
  };
}

/** Late fusion: the mean over the rows of each answer, which follow one another. */
function fused(row: Int32Array, chance: Float32Array): Float32Array {
  const means: number[] = [];
  for (let start = 0; start < row.length; ) {
    let end = start;
    let sum = 0;
    while (end < row.length && row[end] === row[start]) sum += chance[end++]!;
    means.push(sum / (end - start));
    start = end;
  }
  return Float32Array.from(means);
}

function exported<P>(net: TracingNet<P>, params: Concrete<P>) {
  const input = { dtype: 'int32', shape: ['batch', 'steps'] } as const;
  return exportOnnx(
    (p: P, inputs: TracingInputs<Value>) => ({ probabilities: sigmoid(net.estimate(p, inputs).logits) }),
    params,
    { concept: input, question: input, response: input, before: input },
  );
}
