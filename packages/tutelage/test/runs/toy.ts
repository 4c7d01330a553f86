import { DataCursor } from '../../src/runs/cursor.js';
import { type FileSystem, nodeFileSystem } from '../../src/runs/file-system.js';
import type { LoopOptions } from '../../src/runs/loop.js';
import { permutation } from '../../src/runs/permutation.js';
import type { Progress } from '../../src/runs/progress.js';
import type { Run } from '../../src/runs/run.js';
import { type FloatTensor, rawCodec } from './raw-codec.js';

export interface ToySettings {
  readonly width: number;
  readonly totalSteps: number;
  readonly saveEvery: number;
}

const size = 50;

/** Numbers from -1 to 1. */
function noise(length: number, seed: number): Float32Array {
  return Float32Array.from(permutation(length, [seed, 0]), (value) => (2 * value) / length - 1);
}

export function silentProgress(messages: string[] = []): Progress {
  return { start() {}, step() {}, skip() {}, say: (message) => void messages.push(message), stop() {} };
}

/** Linear regression by SGD with momentum, whose every bit depends on weights, momentum and the order of the data. */
export function toyLoop(
  run: Run,
  settings: ToySettings,
  fs: FileSystem = nodeFileSystem,
): LoopOptions<FloatTensor> {
  const { width, totalSteps, saveEvery } = settings;
  const inputs = noise(size * width, 1);
  const targets = noise(size, 2);
  let weights = new Float32Array(width);
  let momentum = new Float32Array(width);
  let cursor = DataCursor.start({ size, batchSize: 8, seed: 7, dropLast: false });
  let best = Number.POSITIVE_INFINITY;

  const tensor = (data: Float32Array): FloatTensor => ({ dtype: 'float32', shape: [width], data });
  return {
    run,
    codec: rawCodec,
    engine: 'toy 1',
    graph: 'linear',
    totalSteps,
    checkpointEvery: { steps: saveEvery },
    progress: silentProgress(),
    fs,
    step(index) {
      const batch = cursor.next();
      const gradient = new Float32Array(width);
      let loss = 0;
      for (const example of batch) {
        const input = inputs.subarray(example * width, (example + 1) * width);
        let error = -targets[example]!;
        for (let i = 0; i < width; i++) error += weights[i]! * input[i]!;
        loss += error * error;
        for (let i = 0; i < width; i++) gradient[i]! += error * input[i]!;
      }
      for (let i = 0; i < width; i++) {
        momentum[i] = 0.9 * momentum[i]! + gradient[i]!;
        weights[i]! -= (0.02 / width) * momentum[i]!;
      }
      best = Math.min(best, loss);
      return index % 5 === 0 ? { loss, best, worst: Number.NaN } : { loss, best };
    },
    snapshot: () => ({
      tensors: new Map([
        ['weights', tensor(weights)],
        ['momentum', tensor(momentum)],
      ]),
      state: { cursor: cursor.state, best },
      score: -best,
    }),
    restore({ tensors, state }) {
      weights = tensors.get('weights')!.data.slice();
      momentum = tensors.get('momentum')!.data.slice();
      const saved = state as { cursor: typeof cursor.state; best: number };
      cursor = DataCursor.resume(saved.cursor, size);
      best = saved.best;
    },
  };
}
