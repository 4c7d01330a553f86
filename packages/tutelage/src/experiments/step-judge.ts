import {
  createTrainer,
  crossEntropy,
  jit,
  optim,
  random,
  softmax,
  tensor,
  type Value,
} from '@tutelage/engine';
import { initMlp, type Mlp, mlp } from '../models/mlp.js';
import {
  isRightStep,
  type ListFunction,
  type ListStep,
  listFunctionNames,
  listFunctions,
} from '../tasks/verifiable/list-functions.js';

/** How likely each step of list problems is right, in [0, 1]: a process reward model. */
export type StepJudge = (steps: readonly ListStep[]) => Promise<readonly number[]>;

/** A judge that never errs. */
export const exactStepJudge: StepJudge = async (steps) => steps.map((step) => Number(isRightStep(step)));

export interface StepJudgeOptions {
  /** Steps to learn from, half of them wrong. */
  readonly examples: number;
  readonly hidden: readonly number[];
  readonly updates: number;
}

const places = 5;
/** Ten digits, or no digit. */
const symbols = 11;
const inputs = listFunctionNames.length + 2 * places * symbols;
const batchSize = 256;

/** Trains a small judge on steps of all functions, each right or spoiled, as a person would have marked them. It errs. */
export async function trainStepJudge(
  { examples, hidden, updates }: StepJudgeOptions,
  key: random.Key,
): Promise<StepJudge> {
  const dice = random.stream(random.foldIn(key, 'steps'));
  const steps = Array.from({ length: examples }, (_, i) => markedStep(dice, i % 2 === 0));
  const marks = steps.map((step) => Number(isRightStep(step)));
  const trainer = createTrainer<Mlp<Value>, { x: Value; y: Value }, Value>({
    params: initMlp(random.foldIn(key, 'net'), { inputs, hidden, classes: 2 }),
    loss: (p, { x, y }) => crossEntropy(mlp(p, x), y),
    optimizer: optim.adamw({ learningRate: 2e-3, weightDecay: 0.01 }),
    schedule: optim.cosine({ total: updates, warmup: 50 }),
    threads: 1,
  });
  for (let update = 0; update < updates; update++) {
    const rows = Array.from({ length: batchSize }, () => dice.integer(examples));
    await trainer.step({
      x: featuresOf(rows.map((row) => steps[row]!)),
      y: tensor(Int32Array.from(rows, (row) => marks[row]!)),
    });
  }
  const { params } = trainer;
  await trainer.dispose();
  return async (asked) => {
    if (asked.length === 0) return [];
    const program = jit((p: Mlp<Value>, x: Value) => softmax(mlp(p, x)), { threads: 1 });
    const { data } = await program(params, featuresOf(asked));
    await program.dispose();
    // A step that is not there needs no judge.
    return asked.map(({ after }, i) => (after === undefined ? 0 : Number(data[2 * i + 1])));
  };
}

/** A step of a random function on a random list, right or with a typical fault. */
function markedStep(dice: random.Stream, right: boolean): ListStep {
  const name = dice.pick(listFunctionNames);
  const before = Array.from({ length: 2 + dice.integer(4) }, () => dice.integer(10));
  const after = listFunctions[name](before);
  return { name, before, after: right ? after : spoiled(after, before, dice) };
}

function spoiled(after: readonly number[], before: readonly number[], dice: random.Stream): number[] {
  const at = dice.integer(Math.max(1, after.length));
  switch (dice.integer(4)) {
    case 0: {
      const other: ListFunction = dice.pick(listFunctionNames);
      return [...listFunctions[other](before)];
    }
    case 1:
      return after.toSpliced(at, 1);
    case 2:
      return after.toSpliced(at, 0, dice.integer(10)).slice(0, places);
    default:
      return after.map((x, i) => (i === at ? (x + 1 + dice.integer(9)) % 10 : x));
  }
}

function featuresOf(steps: readonly ListStep[]) {
  const x = new Float32Array(steps.length * inputs);
  steps.forEach(({ name, before, after = [] }, row) => {
    const from = row * inputs;
    x[from + listFunctionNames.indexOf(name)] = 1;
    [before, after].forEach((list, side) => {
      for (let place = 0; place < places; place++) {
        const slot = listFunctionNames.length + (side * places + place) * symbols;
        x[from + slot + (list[place] ?? symbols - 1)] = 1;
      }
    });
  });
  return tensor(x, [steps.length, inputs]);
}
