import { jit, klDivergence, logSoftmax, random, type Tensor, tensor, type Value } from '@tutelage/engine';
import type { AnswerSource, Checkpoint } from '../assessment/hacking.js';
import {
  initWindowLm,
  slotCount,
  type WindowLm,
  type WindowLmConfig,
  windowContexts,
  windowLm,
} from '../models/window-lm.js';
import { shuffledBatches, superviseWindow, windowJudge } from '../students/window-lessons.js';
import { windowSampler } from '../students/window-sampler.js';
import { windowTrainer } from '../students/window-trainer.js';

/** Sizes of a world of three small language models: one that stands for the truth, a teacher and a student. */
export interface HackingWorldOptions {
  readonly shape: Omit<WindowLmConfig, 'hidden'>;
  readonly oracle: { readonly hidden: readonly number[]; readonly outputScale: number };
  readonly learner: { readonly hidden: readonly number[] };
  /** Answers of the oracle that teacher and student start from, and passes over them. */
  readonly pairs: number;
  readonly teacherPasses: number;
  readonly studentPasses: number;
  readonly learningRate: number;
  readonly heldOut: number;
}

export interface Distillation {
  readonly source: AnswerSource;
  readonly prompts: number;
  /** Answers to each prompt. */
  readonly generations: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly batchSize: number;
  /** Epochs after which distances are measured; 0 is before the first. */
  readonly checkpoints: readonly number[];
  readonly signal: AbortSignal;
}

export interface HackingWorld {
  /** Distils the teacher into the student, from the same start each time. */
  distil(options: Distillation): Promise<Checkpoint[]>;
  dispose(): Promise<void>;
}

type Params = WindowLm<Tensor>;

/** @param teacherIsOracle a check: then there is nothing to hack */
export async function hackingWorld(
  options: HackingWorldOptions,
  seed: number,
  { teacherIsOracle = false } = {},
): Promise<HackingWorld> {
  const { shape, learner, heldOut, learningRate } = options;
  const key = random.foldIn(random.key(seed), 'hacking world');
  const oracleConfig = { ...shape, hidden: options.oracle.hidden };
  const config: WindowLmConfig = { ...shape, hidden: learner.hidden };
  const slots = slotCount(config);
  const promptsOf = promptLaw(shape, random.foldIn(key, 'law'));
  const oracleSampler = windowSampler(oracleConfig);
  const sampler = windowSampler(config);
  const judge = windowJudge(config);
  const distance = jit(
    (p: WindowLm<Value>, contexts: Value, target: Value) =>
      klDivergence(logSoftmax(windowLm(p, contexts)), target),
    { threads: 1 },
  );
  const dispose = async (): Promise<void> => {
    for (const part of [oracleSampler, sampler, judge, distance]) await part.dispose();
  };

  const oracle = initWindowLm(random.foldIn(key, 'oracle'), oracleConfig, options.oracle.outputScale);
  const asked = promptsOf('pairs', options.pairs);
  const pairs = {
    prompts: asked,
    answers: await oracleSampler.answers(oracle, asked, random.foldIn(key, 'pairs')),
  };
  const taught = (name: string, passes: number) =>
    superviseWindow(pairs, {
      config,
      params: initWindowLm(random.foldIn(key, name), config),
      passes,
      learningRate,
      batchSize: 256,
      key: random.foldIn(key, `order of ${name}`),
    });
  const teacher = teacherIsOracle ? oracle : await taught('teacher', options.teacherPasses);
  const teacherSampler = teacherIsOracle ? oracleSampler : sampler;
  const student = await taught('student', options.studentPasses);

  /** Contexts of some answers with the log-probabilities that a model gives there. */
  const judged = async (by: Params, prompts: readonly Int32Array[], answers: readonly Int32Array[]) => ({
    contexts: windowContexts(config, prompts, answers),
    // The oracle's net is wider, but sees the same.
    target: await judge.logs(by, { prompts, answers }),
  });
  const tests = promptsOf('held out', heldOut);
  const truth = await judged(
    oracle,
    tests,
    await oracleSampler.answers(oracle, tests, random.foldIn(key, 'truth')),
  );
  const lessons = await judged(
    teacher,
    tests,
    await teacherSampler.answers(teacher, tests, random.foldIn(key, 'proxy')),
  );
  const distanceFrom = async (params: Params, { contexts, target }: typeof truth): Promise<number> => {
    const count = contexts.length / slots;
    const found = await distance(
      params,
      tensor(contexts, [count, slots]),
      tensor(target, [count, shape.vocabulary]),
    );
    return Number(found.data[0]);
  };

  const distil = async (run: Distillation): Promise<Checkpoint[]> => {
    const own = promptsOf('distillation', run.prompts);
    const prompts = Array.from({ length: run.generations }, () => own).flat();
    const trainer = windowTrainer({
      params: student,
      config,
      learningRate: run.learningRate,
      objective: (logits, { target }) => klDivergence(logSoftmax(logits), target!),
    });
    const found: Checkpoint[] = [];
    const measure = async (epoch: number): Promise<void> => {
      if (!run.checkpoints.includes(epoch)) return;
      const [proxy, golden] = [
        await distanceFrom(trainer.params, lessons),
        await distanceFrom(trainer.params, truth),
      ];
      found.push({ epoch, proxy, golden });
    };
    let places: Awaited<ReturnType<typeof judged>> | undefined;
    await measure(0);
    for (let epoch = 1; epoch <= run.epochs && !run.signal.aborted; epoch++) {
      if (run.source !== 'offline' || !places) {
        const drawn = random.foldIn(random.foldIn(key, run.source), epoch);
        const answers =
          run.source === 'online student'
            ? await sampler.answers(trainer.params, prompts, drawn)
            : await teacherSampler.answers(teacher, prompts, drawn);
        places = await judged(teacher, prompts, answers);
      }
      const { contexts, target } = places;
      for (const rows of shuffledBatches(
        contexts.length / slots,
        run.batchSize,
        random.foldIn(random.foldIn(key, 'order'), epoch),
      )) {
        await trainer.learn({ contexts, known: { target } }, rows);
      }
      await measure(epoch);
    }
    await trainer.dispose();
    return found;
  };
  return { distil, dispose };
}

/** Draws prompts: each place has a law of its own over tokens, from a Dirichlet distribution. */
function promptLaw({ prompt, vocabulary }: HackingWorldOptions['shape'], key: random.Key) {
  const dice = random.stream(key);
  const laws = Array.from({ length: prompt }, () => {
    const weights = Array.from({ length: vocabulary }, () => gamma(0.7, dice));
    const total = weights.reduce((a, b) => a + b);
    return weights.map((w) => w / total);
  });
  return (name: string, count: number): Int32Array[] => {
    const own = random.stream(random.foldIn(key, name));
    return Array.from({ length: count }, () =>
      Int32Array.from(laws, (law) => {
        let left = own.uniform();
        const found = law.findIndex((p) => {
          left -= p;
          return left < 0;
        });
        return found < 0 ? vocabulary - 1 : found;
      }),
    );
  };
}

/** A number of the gamma distribution of a shape below 1 (Marsaglia and Tsang 2000, with their boost). */
function gamma(shape: number, dice: random.Stream): number {
  const d = shape + 1 - 1 / 3;
  for (;;) {
    const x = dice.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - dice.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
      return d * v * (1 - dice.uniform()) ** (1 / shape);
    }
  }
}
