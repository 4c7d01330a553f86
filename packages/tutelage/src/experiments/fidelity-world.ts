import {
  jit,
  mean as meanOf,
  mul,
  random,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
  type Value,
} from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import {
  initWindowLm,
  slotCount,
  type WindowLm,
  type WindowLmConfig,
  windowLm,
} from '../models/window-lm.js';
import { type TokenDivergence, tokenDivergence } from '../objectives/token-divergence.js';
import { shuffledBatches } from '../students/window-lessons.js';
import { windowTrainer } from '../students/window-trainer.js';
import {
  isSumTrace,
  type SumItem,
  sumBase,
  sumDigits,
  sumItems,
  sumLength,
  sumTrace,
} from '../tasks/verifiable/running-sums.js';

/** Sizes of a world in which a teacher's answers and its way to them can be told apart. */
export interface FidelityWorldOptions {
  readonly embedding: number;
  /** What the student is given: items, and the share of their traces that begin at the left. */
  readonly gold: { readonly items: number; readonly left: number };
  readonly teacher: {
    readonly width: number;
    readonly items: number;
    readonly left: number;
    readonly passes: number;
    readonly learningRate: number;
  };
  /** Share of all steps that are any digit. */
  readonly noise: number;
  readonly passes: number;
  readonly learningRate: number;
  /** Items of an update. */
  readonly batchSize: number;
  readonly test: number;
}

/** How a student is taught. */
export type FidelityLesson = {
  /** The steps as they are written, or a divergence from the teacher at each. */
  readonly loss: 'steps' | 'forward' | 'reverse' | 'jensen-shannon';
  /** Whose traces are learned on: those that were given, the teacher's likeliest ones, or at half of the updates the student's own. */
  readonly text: 'gold' | 'teacher' | 'half own';
  /** Divides both logits; the loss is multiplied by its square. */
  readonly temperature: number;
  /** Standard deviation of what is added to the teacher's logits, anew in each pass. */
  readonly noise: number;
  /** A teacher that has learned running differences. */
  readonly untaught: boolean;
};

/** How a student's traces compare with the teacher's, in shares of the items. */
export type FidelityReport = {
  readonly accuracy: number;
  /** The teacher's answer. */
  readonly agreement: number;
  /** The teacher's whole trace. */
  readonly fidelity: number;
  /** A trace of one of the dialects. */
  readonly validity: number;
};

type Params = WindowLm<Tensor>;

export interface FidelityWorld {
  readonly teacher: Params;
  /** A student of two hidden layers of a width. */
  teach(width: number, lesson: FidelityLesson, signal: AbortSignal): Promise<Params>;
  assess(params: Params): Promise<FidelityReport>;
  dispose(): Promise<void>;
}

/** What a model sees of a step: a digit from either end, the step before, the first step, the first digit, and whether it begins. */
const slots = 6;

function contextsOf(
  config: WindowLmConfig,
  items: readonly SumItem[],
  from = 0,
  count = sumLength,
): Int32Array {
  const size = Math.max(config.vocabulary, config.answer) + 1;
  const contexts = new Int32Array(items.length * count * slots);
  items.forEach(({ digits, trace }, row) => {
    for (let t = from; t < from + count; t++) {
      const seen = [
        digits[t]!,
        digits[sumLength - 1 - t]!,
        t > 0 ? trace[t - 1]! : -1,
        t > 0 ? trace[0]! : -1,
        digits[0]!,
        Number(t === 0),
      ];
      const at = (row * count + t - from) * slots;
      seen.forEach((entry, slot) => {
        contexts[at + slot] = slot * size + 1 + entry;
      });
    }
  });
  return contexts;
}

export async function fidelityWorld(options: FidelityWorldOptions, seed: number): Promise<FidelityWorld> {
  const world = random.foldIn(random.key(seed), 'fidelity world');
  const key = (purpose: string) => random.foldIn(world, purpose);
  const { gold, noise, batchSize } = options;
  const configOf = (width: number): WindowLmConfig => ({
    vocabulary: sumBase,
    prompt: slots,
    window: 0,
    answer: sumLength,
    place: false,
    embedding: options.embedding,
    hidden: [width, width],
  });
  const shape = configOf(0);
  const predict = jit((p: WindowLm<Value>, contexts: Value) => windowLm(p, contexts), { threads: 1 });
  const logitsOf = async (params: Params, items: readonly SumItem[], from = 0, count = sumLength) =>
    (
      await predict(
        params,
        tensor(contextsOf(shape, items, from, count), [items.length * count, slotCount(shape)]),
      )
    ).data as Float32Array;

  /** Traces of some digits: the likeliest, or drawn. */
  const written = async (
    params: Params,
    digits: readonly Int32Array[],
    drawn?: random.Key,
  ): Promise<SumItem[]> => {
    const items = digits.map((own) => ({ digits: own, trace: new Int32Array(sumLength) }));
    const gumbel = new Float32Array(items.length * sumBase);
    for (let t = 0; t < sumLength; t++) {
      const logits = await logitsOf(params, items, t, 1);
      if (drawn) random.fillGumbel(gumbel, random.foldIn(drawn, t));
      items.forEach(({ trace }, row) => {
        let best = 0;
        for (let digit = 1; digit < sumBase; digit++) {
          const [a, b] = [row * sumBase + digit, row * sumBase + best];
          if (logits[a]! + gumbel[a]! > logits[b]! + gumbel[b]!) best = digit;
        }
        trace[t] = best;
      });
    }
    return items;
  };

  const learnSteps = async (
    params: Params,
    config: WindowLmConfig,
    items: readonly SumItem[],
    how: { readonly passes: number; readonly learningRate: number },
    order: random.Key,
  ) => {
    const trainer = windowTrainer({
      params,
      config,
      learningRate: how.learningRate,
      objective: (logits, { next }) => meanOf(softmaxCrossEntropy(logits, next!).loss),
    });
    const places = {
      contexts: contextsOf(config, items),
      known: { next: Int32Array.from(items.flatMap(({ trace }) => [...trace])) },
    };
    for (let pass = 0; pass < how.passes; pass++) {
      for (const rows of shuffledBatches(items.length, batchSize, random.foldIn(order, pass))) {
        await trainer.learn(places, placesOf(rows));
      }
    }
    await trainer.dispose();
    return trainer.params;
  };

  const taughtTeacher = (name: string, differences: boolean) => {
    const { width, items, left, ...how } = options.teacher;
    const config = configOf(width);
    const own = sumItems(items, { left, noise, differences }, key(`${name} items`));
    return learnSteps(initWindowLm(key(name), config), config, own, how, key(`${name} order`));
  };
  const teacher = await taughtTeacher('teacher', false);
  const given = sumItems(gold.items, { left: gold.left, noise }, key('gold'));
  const tests = sumDigits(options.test, key('test'));
  const lessons = await written(teacher, tests);

  return {
    teacher,
    async teach(width, lesson, signal) {
      const config = configOf(width);
      const start = initWindowLm(key('student'), config);
      const items =
        lesson.text === 'teacher'
          ? await written(
              teacher,
              given.map(({ digits }) => digits),
            )
          : given;
      const order = key('order');
      if (lesson.loss === 'steps') return learnSteps(start, config, items, options, order);
      const guide = lesson.untaught ? await taughtTeacher('untaught', true) : teacher;
      const { temperature } = lesson;
      const divergence: TokenDivergence =
        lesson.loss === 'jensen-shannon' ? { kind: lesson.loss, weight: 0.5 } : { kind: lesson.loss };
      const trainer = windowTrainer({
        params: start,
        config,
        learningRate: options.learningRate,
        objective: (logits, { target }) =>
          mul(meanOf(tokenDivergence(logits, target!, divergence, temperature)), temperature ** 2),
      });
      const whole = { contexts: contextsOf(config, items), known: { target: await logitsOf(guide, items) } };
      const dice = random.stream(key('own traces'));
      const noisy = new Float32Array(whole.known.target.length);
      for (let pass = 0; pass < options.passes && !signal.aborted; pass++) {
        random.fillNormal(noisy, random.foldIn(key('noise'), pass));
        const target = whole.known.target.map((logit, i) => logit + lesson.noise * noisy[i]!);
        for (const rows of shuffledBatches(items.length, batchSize, random.foldIn(order, pass))) {
          if (lesson.text === 'half own' && dice.uniform() < 0.5) {
            const digits = rows.map((row) => items[row]!.digits);
            const own = await written(
              trainer.params,
              digits,
              random.foldIn(key('drawn'), dice.integer(2 ** 24)),
            );
            await trainer.learn(
              { contexts: contextsOf(config, own), known: { target: await logitsOf(guide, own) } },
              placesOf(own.keys()),
            );
          } else await trainer.learn({ contexts: whole.contexts, known: { target } }, placesOf(rows));
        }
      }
      await trainer.dispose();
      return trainer.params;
    },
    async assess(params) {
      const own = await written(params, tests);
      const share = (holds: (item: SumItem, row: number) => boolean) =>
        mean(own.map((item, row) => Number(holds(item, row))));
      return {
        accuracy: share(({ digits, trace }) => trace.at(-1) === sumTrace(digits, 'left').at(-1)),
        agreement: share(({ trace }, row) => trace.at(-1) === lessons[row]!.trace.at(-1)),
        fidelity: share(({ trace }, row) => trace.every((digit, t) => digit === lessons[row]!.trace[t])),
        validity: share(({ digits, trace }) => isSumTrace(digits, trace)),
      };
    },
    dispose: () => predict.dispose(),
  };
}

/** Places of items, one after the other. */
function placesOf(rows: Iterable<number>): number[] {
  return [...rows].flatMap((row) => Array.from({ length: sumLength }, (_, t) => row * sumLength + t));
}
