import { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import type { Measured } from '../core/claim.js';
import { type LevelChances, paperThird } from '../curricula/trace-dropping.js';
import { assessTraces, type TraceAssessing, type TraceAssessment } from '../students/assess-traces.js';
import {
  longestLesson,
  type TraceStudentSize,
  teachByTraces,
  traceStudent,
} from '../students/trace-student.js';
import type { TracedExample, TracedTask } from '../tasks/traces.js';

/** Sizes of an experiment with traces. */
export interface TraceWorldOptions extends TraceStudentSize {
  /** Questions to learn from, and others to be tested on. */
  readonly train: number;
  readonly test: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Answers drawn to each of some of the test's questions, beside the likeliest one to all. */
  readonly drawn?: NonNullable<TraceAssessing['drawn']>;
}

/** How a student is taught. */
export interface TraceArm {
  readonly chances: LevelChances;
  /** More updates, so that as many tokens are read as are with complete traces. */
  readonly equalTokens?: boolean;
}

type DrawnTask = TracedTask & { draw(key: random.Key): TracedExample };

/** Questions of which no two are the same. */
export function distinctExamples(task: DrawnTask, count: number, key: random.Key): TracedExample[] {
  const found = new Map<string, TracedExample>();
  for (let i = 0; found.size < count; i++) {
    const example = task.draw(random.foldIn(key, i));
    if (!found.has(example.id)) found.set(example.id, example);
  }
  return [...found.values()];
}

/**
 * Teaches a small causal language model on a task with traces, and tests it in all modes on other questions. Its value is the mean number of
 * trace tokens in slow mode.
 */
export async function tracedTrial(
  task: DrawnTask,
  options: TraceWorldOptions,
  { chances, equalTokens = false }: TraceArm,
  seed: number,
  signal: AbortSignal,
): Promise<Measured> {
  const { train, test, batchSize, learningRate } = options;
  const key = random.foldIn(random.key(seed), 'traces');
  const all = distinctExamples(task, train + test, random.foldIn(key, 'questions'));
  const [examples, tests] = [all.slice(0, train), all.slice(train)];
  const longest = longestLesson(all);
  const student = traceStudent(options, task.vocabulary, longest, random.foldIn(key, 'student'));
  const { params, tokens } = await teachByTraces({
    model: student,
    examples,
    end: task.marks.end,
    dropping: { ...paperThird, table: task.drop, chances },
    drawnAnew: true,
    steps: equalTokens ? Math.round(options.steps * lengthRatio(examples)) : options.steps,
    batchSize,
    learningRate,
    seed,
    signal,
    threads: 1,
  });
  const { modes, byDifficulty, drawn } = await assessTraces(tests, {
    model: { ...student, params },
    marks: task.marks,
    maxTokens: longest,
    batchSize: 200,
    threads: 1,
    parts: 2,
    ...(options.drawn && { drawn: options.drawn }),
    seed,
    signal,
  });
  const { fast, slow, auto } = modes;
  const taught = [...(chances[3] > 0 ? [fast] : []), ...(chances[3] < 1 ? [slow] : [])];
  const [easier, harder] = byDifficulty as [Part, Part];
  const figures = {
    fast: fast.best,
    slow: slow.best,
    auto: auto.best,
    formatted: Math.min(...taught.map(({ formatted }) => formatted)),
    'slow tokens, right answers': slow.traceTokensOfBest,
    'auto tokens': auto.traceTokens,
    'auto at once': auto.atOnce,
    'million tokens read': tokens / 1e6,
    ...(easier.least < harder.most && {
      'slow, harder half': harder.modes.slow.best,
      'auto tokens, easier half': easier.modes.auto.traceTokens,
      'auto tokens, harder half': harder.modes.auto.traceTokens,
    }),
    ...(drawn && {
      'fast, 3 of the draws best': drawn.fast.optimal3,
      'slow, 3 of the draws best': drawn.slow.optimal3,
      'slow, quality of draws': drawn.slow.quality,
      'slow, different plans': drawn.slow.distinct,
    }),
  };
  return { value: slow.traceTokens, figures };
}

type Part = TraceAssessment['byDifficulty'][number];

/** How many times as long examples with their traces are as those without. */
function lengthRatio(examples: readonly TracedExample[]): number {
  const sizes = examples.map(({ prompt, steps, answer }) => ({
    bare: prompt.length + answer.length,
    trace: steps.flatMap(({ parts }) => parts.flatMap(({ content }) => content)).length,
  }));
  return mean(sizes.map(({ bare, trace }) => bare + trace)) / mean(sizes.map(({ bare }) => bare));
}
