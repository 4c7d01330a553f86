import {
  createTrainer,
  exp,
  jit,
  mean,
  mse,
  mul,
  optim,
  random,
  reshape,
  sub,
  type Tensor,
  tensor,
  toNumbers,
  type Value,
} from '@tutelage/engine';
import { initMlp, type Mlp, mlp } from '../models/mlp.js';

/** Frequencies of the waves, in turns over the unit interval, and where labels stop following them. */
const lowest = 0.5;
const highest = 8;
const learnableBelow = 0.6;
/** Of a task. */
const points = 64;
/** Whose scores are averaged before a step. */
const draws = 2;

type Task = readonly number[];

/** Whether a task can be learned: labels of the others are drawn at random. */
export function isWaveLearnable(task: Task): boolean {
  return task[1]! <= learnableBelow;
}

/** A net that learns waves y = sin 2π f u by regression. */
export interface WaveLearner {
  /**
   * A gradient step on 64 points of a task.
   *
   * @param task [2] in the unit box: the frequency, and whether labels follow the wave (up to 0.6) or are random
   * @returns exp(-5 MSE) before the step, mean of two draws of 64 points
   */
  practise(task: Task): Promise<number>;
  /** Mean exp(-5 MSE) over tasks, on 64 points each. */
  assess(tasks: readonly Task[]): Promise<number>;
  dispose(): Promise<void>;
}

type Batch<T> = { readonly x: T; readonly y: T };

/** A learner of waves: place, frequency and the second parameter through two hidden layers of 64, by Adam at 1e-3. */
export function waveLearner(key: random.Key): WaveLearner {
  const trainer = createTrainer({
    params: initMlp(random.foldIn(key, 'net'), { inputs: 3, hidden: [64, 64], classes: 1 }),
    loss: (params: Mlp<Value>, { x, y }: Batch<Value>) => mse(mlp(params, x), y),
    optimizer: optim.adamw({ learningRate: 1e-3, weightDecay: 0 }),
    threads: 1,
  });
  const score = jit(
    (params: Mlp<Value>, { x, y }: Batch<Value>) => {
      const errors = reshape(sub(mlp(params, x), y), [-1, points]);
      return mean(exp(mul(mean(mul(errors, errors), { axes: [1] }), -5)));
    },
    { threads: 1 },
  );
  const meanScore = async (batch: Batch<Tensor>) => toNumbers(await score(trainer.params, batch))[0]!;
  let practised = 0;
  return {
    async practise(task) {
      const own = random.foldIn(random.foldIn(key, 'practice'), practised++);
      const before = await meanScore(
        pointsOf(new Array<Task>(draws).fill(task), random.foldIn(own, 'draws')),
      );
      await trainer.step(pointsOf([task], random.foldIn(own, 'step')));
      return before;
    },
    assess: (tasks) => meanScore(pointsOf(tasks, random.foldIn(key, 'assessment'))),
    async dispose() {
      await score.dispose();
      await trainer.dispose();
    },
  };
}

/** Points of tasks, one after the other, with their labels: x [64 n, 3], y [64 n, 1]. */
function pointsOf(tasks: readonly Task[], key: random.Key): Batch<Tensor> {
  const count = tasks.length * points;
  const uniform = new Float32Array(2 * count);
  random.fillUniform(uniform, key);
  const x = new Float32Array(3 * count);
  const y = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const task = tasks[Math.floor(i / points)]!;
    const frequency = lowest + (highest - lowest) * task[0]!;
    const u = uniform[i]!;
    x.set([u, frequency / highest, task[1]!], 3 * i);
    y[i] = isWaveLearnable(task) ? Math.sin(2 * Math.PI * frequency * u) : 2 * uniform[count + i]! - 1;
  }
  return { x: tensor(x, [count, 3]), y: tensor(y, [count, 1]) };
}
