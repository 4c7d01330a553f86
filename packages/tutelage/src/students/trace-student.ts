import { type Concrete, optim, random, type Tensor, type Value } from '@tutelage/engine';
import { type Dropping, drawLevel, leaveOut } from '../curricula/trace-dropping.js';
import type { CausalModel } from '../language/causal-model.js';
import { type Lesson, type LessonBatch, lessonBatch, packLessons, positionsOf } from '../language/lessons.js';
import { initLlama, type Llama } from '../models/llama.js';
import { supervised } from '../objectives/tokens.js';
import type { TracedExample } from '../tasks/traces.js';
import { causalTrainer } from './causal-trainer.js';
import { lessonBatches } from './lesson-batches.js';
import { takeSteps } from './take-steps.js';

export interface TraceTeaching {
  readonly model: Pick<CausalModel, 'config' | 'params'>;
  readonly examples: readonly Pick<TracedExample, 'prompt' | 'steps' | 'answer'>[];
  /** Token that ends an answer. */
  readonly end: number;
  readonly dropping: Dropping;
  /** Whether what is dropped is drawn anew whenever an example comes again. */
  readonly drawnAnew: boolean;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly threads?: number;
  /** Hears of each update. */
  readonly onStep?: (step: number, loss: number) => void;
}

export interface TaughtByTraces {
  readonly params: Llama<Tensor>;
  /** Tokens that were read. */
  readonly tokens: number;
}

export interface TraceStudentSize {
  readonly width: number;
  readonly layers: number;
  /** They divide the width into even parts. */
  readonly heads: number;
}

/** A causal language model that has learned nothing yet. */
export function traceStudent(
  { width, layers, heads }: TraceStudentSize,
  vocabulary: number,
  positions: number,
  key: random.Key,
): TraceTeaching['model'] {
  const sizes = { vocabulary, width, layers, heads, keyValueHeads: heads, intermediate: 3 * width };
  const config = { ...sizes, rmsNormEpsilon: 1e-5, ropeTheta: 1e4, positions };
  return { config, params: initLlama(key, config, 1 / Math.sqrt(width)) };
}

/** Batches have a multiple of so many rows, so that few programs are compiled. */
const rowUnit = 4;
const lengthUnit = 16;

/** An example as a lesson: its trace, or what a level leaves of it, and its answer. */
export function traceLesson(
  { prompt, steps, answer }: TraceTeaching['examples'][number],
  end: number,
  dropping: Dropping,
  key: random.Key,
): Lesson {
  const dice = random.stream(key);
  const level = drawLevel(dropping.chances, dice);
  return { prompt, answer: [...leaveOut(steps, level, dropping, dice).flat(2), ...answer, end] };
}

/** Positions of the longest lesson that examples can give. */
export function longestLesson(examples: TraceTeaching['examples']): number {
  return examples.reduce((most, { prompt, steps, answer }) => {
    const trace = steps.flatMap(({ parts }) => parts.flatMap(({ content }) => content));
    return Math.max(most, prompt.length + trace.length + answer.length);
  }, 0);
}

/**
 * Teaches a causal language model to answer with a trace of which parts are dropped at random (Su et al. 2024, "Dualformer"). The loss is
 * the mean over the tokens of a trace and its answer, then over examples: each example weighs the same whatever its length.
 */
export async function teachByTraces(options: TraceTeaching): Promise<TaughtByTraces> {
  const { model, examples, end, dropping, drawnAnew, steps, batchSize, seed, signal } = options;
  const trainer = causalTrainer<LessonBatch<Value>>({
    model,
    objective: supervised,
    learningRate: options.learningRate,
    weightDecay: 0.01,
    schedule: optim.cosine({ total: steps, warmup: Math.floor(steps / 20), end: 0.1 }),
    clipNorm: 1,
    seed,
    ...(options.threads !== undefined && { threads: options.threads }),
  });
  const batches = lessonBatches({
    count: examples.length,
    batchSize: Math.min(batchSize, examples.length),
    seed,
  });
  const key = random.foldIn(random.key(seed), 'dropped');
  const length = lengthUnit * Math.ceil(longestLesson(examples) / lengthUnit);
  let tokens = 0;
  try {
    await takeSteps(steps, signal, async (step) => {
      const visit = drawnAnew ? random.foldIn(key, Math.floor(step / batches.stepsAnEpoch)) : key;
      const lessons = batches
        .next(step)
        .map((i) => traceLesson(examples[i]!, end, dropping, random.foldIn(visit, i)));
      tokens += lessons.reduce((sum, lesson) => sum + positionsOf(lesson), 0);
      const rows = packLessons(lessons, length).map((row) => row.map((i) => lessons[i]!));
      while (rows.length % rowUnit > 0) rows.push([]);
      const batch = lessonBatch(rows, { length, padding: end, equal: 'answers' });
      const { loss } = await trainer.learn(batch as Concrete<LessonBatch<Value>>);
      options.onStep?.(step + 1, loss);
    });
    return { params: await trainer.params(), tokens };
  } finally {
    await trainer.dispose();
  }
}
