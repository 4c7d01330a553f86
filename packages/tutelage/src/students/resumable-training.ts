import { type Tensor, type TrainerState, tensor } from '@tutelage/engine';
import type { JsonValue } from '../runs/json.js';
import { type CheckpointInterval, type LoopResult, runLoop } from '../runs/loop.js';
import type { Metrics } from '../runs/metrics.js';
import type { Progress } from '../runs/progress.js';
import type { Run } from '../runs/run.js';
import { safetensorsCodec } from '../runs/safetensors-codec.js';
import { stopwatch } from '../runs/times.js';
import type { LessonBatches } from './lesson-batches.js';

/** Where a training is kept, and who hears of it. */
export interface TrainingRun {
  readonly run: Run;
  readonly progress: Progress;
  readonly checkpointEvery: CheckpointInterval;
  /** When aborted, the training is saved and pauses. */
  readonly signal?: AbortSignal;
}

/** The parts of a trainer with AdamW that a checkpoint is made of. */
interface SavedTrainer {
  exportState(): TrainerState;
  importState(state: TrainerState): void;
}

export interface ResumableTraining extends TrainingRun {
  /** Changes when the training does. */
  readonly graph: string;
  readonly totalSteps: number;
  readonly trainer: SavedTrainer;
  /** Where data are drawn; left out where the number of a step says what it learns from. */
  readonly batches?: Pick<LessonBatches, 'state' | 'resume'>;
  readonly step: (index: number) => Promise<Metrics>;
  /** Tensors that change beside the trainer's. */
  readonly more?: {
    save(): Iterable<readonly [string, Tensor]>;
    restore(tensors: ReadonlyMap<string, Tensor>): void;
  };
}

/** The activity of a run that training is timed as. */
export const trainingActivity = 'training';

/** Trains in a run's folder, from its last checkpoint if there is one. What it takes is added to the times of the run. */
export async function trainResumably(training: ResumableTraining): Promise<LoopResult> {
  const { run, progress, checkpointEvery, signal, trainer, batches, more } = training;
  // Started with the first step, when the run is known to be ours.
  let time: ReturnType<typeof stopwatch> | undefined;
  const step = async (index: number): Promise<Metrics> => {
    time ??= stopwatch(run.path, trainingActivity);
    const metrics = await training.step(index);
    time.done();
    return metrics;
  };
  const loop = runLoop<Tensor>({
    run,
    codec: safetensorsCodec,
    engine: 'onnxruntime',
    graph: training.graph,
    totalSteps: training.totalSteps,
    step,
    snapshot() {
      const { params, optimizers, step } = trainer.exportState();
      const slots = optimizers.flatMap((o) =>
        [...o.tensors].map(([name, data]) => [name, tensor(data)] as const),
      );
      const tensors = new Map([
        ...named('params/', params),
        ...named('optimizer/', slots),
        ...named('more/', more?.save() ?? []),
      ]);
      return {
        tensors,
        state: { cursor: batches?.state ?? null, steps: step, updates: optimizers[0]!.step },
      };
    },
    restore({ tensors, state }) {
      const { steps, updates, cursor } = state as { steps: number; updates: number; cursor: JsonValue };
      const slots = [...within(tensors, 'optimizer/')].map(
        ([name, { data }]) => [name, data as Float32Array] as const,
      );
      trainer.importState({
        params: within(tensors, 'params/'),
        optimizers: [{ optimizer: 'adamw', step: updates, tensors: new Map(slots) }],
        step: steps,
      });
      more?.restore(within(tensors, 'more/'));
      batches?.resume(cursor);
    },
    checkpointEvery,
    progress,
    ...(signal && { signal }),
  });
  return loop.finally(() => time?.stop());
}

function named(prefix: string, tensors: Iterable<readonly [string, Tensor]>): [string, Tensor][] {
  return [...tensors].map(([name, t]) => [prefix + name, t]);
}

function within(tensors: ReadonlyMap<string, Tensor>, prefix: string): Map<string, Tensor> {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(found.map(([name, t]) => [name.slice(prefix.length), t]));
}
