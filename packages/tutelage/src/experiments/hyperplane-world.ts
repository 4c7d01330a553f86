import {
  add,
  type Concrete,
  createTrainer,
  crossEntropy,
  jit,
  nn,
  optim,
  random,
  relu,
  type Tensor,
  type Tree,
  tensor,
  type Value,
} from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { argMax } from '../assessment/probabilities.js';
import { copyOf } from '../students/predictor.js';

/** Sizes of a world of skills, each the side of a hyperplane on which a point lies. */
export interface HyperplaneOptions {
  /** Of the space in which the hyperplanes lie. */
  readonly dimensions: number;
  /** Items that the student is raised on, for each skill. */
  readonly raised: readonly number[];
  /** So many of the skills with fewer items than the most have labels at random. */
  readonly unlearnable: number;
  readonly hidden: number;
  readonly steps: { readonly base: number; readonly round: number };
  readonly batchSize: number;
  /** At its height; it falls to 0. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Items of each skill. */
  readonly validation: number;
  readonly test: number;
}

/** A point, which skill it asks for, and its side. */
export interface HyperplaneItem {
  readonly skill: number;
  readonly point: Float32Array;
  readonly label: number;
}

export interface HyperplaneNet<T> {
  readonly first: nn.Linear<T>;
  readonly second: nn.Linear<T>;
  readonly last: nn.Linear<T>;
}
type Student = HyperplaneNet<Tensor>;

export interface HyperplaneWorld {
  /** Of each skill. */
  readonly learnable: readonly boolean[];
  /** The student before it is taught. */
  readonly base: Student;
  /**
   * What a teacher writes: labels are right, but for a share that is turned round. The first items of a skill in a round are the same
   * whoever asks.
   *
   * @param counts items of each skill
   */
  write(counts: readonly number[], round: number, turned: number): HyperplaneItem[];
  /** A student taught by all of the items and what the base was raised on. */
  taught(items: readonly HyperplaneItem[], from?: Student): Promise<Student>;
  /** Accuracy on the validation items of each skill. */
  validated(student: Student): Promise<number[]>;
  /** Accuracy on the test items of each skill. */
  tested(student: Student): Promise<number[]>;
}

/** Hidden layers of one width, the second around a residual connection. */
function forward(p: HyperplaneNet<Value>, x: Value): Value {
  const h = relu(nn.linear(p.first, x));
  return nn.linear(p.last, add(h, relu(nn.linear(p.second, h))));
}

type Batch<T> = { readonly x: T; readonly labels: T };

/** Twelve or so skills that one small net shares, of which it has seen some rarely (DataEnvGym at laptop scale). */
export async function hyperplaneWorld(options: HyperplaneOptions, seed: number): Promise<HyperplaneWorld> {
  const { dimensions, raised, hidden, batchSize, learningRate, weightDecay } = options;
  const own = random.foldIn(random.key(seed), 'hyperplanes');
  const key = (purpose: string) => random.foldIn(own, purpose);
  const normals = raised.map((_, skill) => {
    const normal = new Float32Array(dimensions);
    random.fillNormal(normal, random.foldIn(key('normals'), skill));
    return normal;
  });
  const rare = raised.map((_, skill) => skill).filter((skill) => raised[skill]! < Math.max(...raised));
  const hopeless = random.stream(key('unlearnable')).shuffle(rare).slice(0, options.unlearnable);
  const learnable = raised.map((_, skill) => !hopeless.includes(skill));

  const drawn = (counts: readonly number[], purpose: string, turned = 0): HyperplaneItem[] =>
    counts.flatMap((count, skill) => {
      const place = random.foldIn(key(purpose), skill);
      const points = new Float32Array(count * dimensions);
      random.fillNormal(points, place);
      const chances = new Float32Array(count);
      random.fillUniform(chances, random.foldIn(place, 'turned'));
      return Array.from(chances, (chance, i) => {
        const point = points.subarray(i * dimensions, (i + 1) * dimensions);
        const side = point.reduce((sum, x, d) => sum + x * normals[skill]![d]!, 0) > 0;
        const isTurned = chance < (learnable[skill] ? turned : 0.5);
        return { skill, point, label: Number(side !== isTurned) };
      });
    });
  const batchOf = (items: readonly HyperplaneItem[]): Batch<Tensor> => {
    const width = dimensions + raised.length;
    const x = new Float32Array(items.length * width);
    items.forEach(({ skill, point }, i) => {
      x.set(point, i * width);
      x[i * width + dimensions + skill] = 1;
    });
    return {
      x: tensor(x, [items.length, width]),
      labels: tensor(Int32Array.from(items, (one) => one.label)),
    };
  };

  const learn = async (from: Student, items: readonly HyperplaneItem[], steps: number): Promise<Student> => {
    const trainer = createTrainer({
      params: from,
      loss: (p: HyperplaneNet<Value>, { x, labels }: Batch<Value>) => crossEntropy(forward(p, x), labels),
      optimizer: optim.adam({ learningRate, weightDecay }),
      schedule: optim.linear({ total: steps }),
      threads: 1,
    });
    const places = random.stream(key('batches'));
    for (let step = 0; step < steps; step++) {
      const chosen = Array.from({ length: batchSize }, () => places.pick(items));
      await trainer.step(batchOf(chosen));
    }
    const params = copyOf(trainer.params as Tree<Tensor>) as Concrete<HyperplaneNet<Value>>;
    await trainer.dispose();
    return params;
  };
  const logits = jit((p: HyperplaneNet<Value>, x: Value) => forward(p, x), { threads: 1 });
  const accuracies = async (student: Student, items: readonly HyperplaneItem[]): Promise<number[]> => {
    const { data } = await logits(student, batchOf(items).x);
    const rights = raised.map((): number[] => []);
    items.forEach(({ skill, label }, i) => {
      rights[skill]!.push(Number(argMax((data as Float32Array).subarray(2 * i, 2 * i + 2)) === label));
    });
    return rights.map(mean);
  };

  const upbringing = drawn(raised, 'upbringing');
  const each = (count: number, purpose: string) =>
    drawn(
      raised.map(() => count),
      purpose,
    );
  const [validation, test] = [each(options.validation, 'validation'), each(options.test, 'test')];
  const untaught: Student = {
    first: nn.initLinear(key('first'), dimensions + raised.length, hidden),
    second: nn.initLinear(key('second'), hidden, hidden),
    last: nn.initLinear(key('last'), hidden, 2),
  };
  const base = await learn(untaught, upbringing, options.steps.base);
  return {
    learnable,
    base,
    write: (counts, round, turned) => drawn(counts, `round ${round}`, turned),
    taught: (items, from = base) => learn(from, [...upbringing, ...items], options.steps.round),
    validated: (student) => accuracies(student, validation),
    tested: (student) => accuracies(student, test),
  };
}
