import { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { atLeast, type TracedOutcome, tracedFigures } from '../assessment/traced-answers.js';
import type { Measured } from '../core/claim.js';
import type { Dropping } from '../curricula/trace-dropping.js';
import { initLlama, type LlamaConfig } from '../models/llama.js';
import type { TracedExample, TracedTask } from '../tasks/traces.js';
import { answersInMode, outcomeOf, type TraceMode, traceModes } from './trace-modes.js';
import { longestLesson, teachByTraces } from './trace-student.js';

/** Sizes of an experiment with traces. */
export interface TraceWorldOptions {
  /** Questions to learn from, and others to be tested on. */
  readonly train: number;
  readonly test: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Answers drawn to each of some of the test's questions, beside the likeliest one to all. */
  readonly drawn?: { readonly questions: number; readonly samples: number; readonly k: number };
}

/** How a student is taught. */
export interface TraceArm {
  readonly dropping: Omit<Dropping, 'table'>;
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
  { dropping, equalTokens = false }: TraceArm,
  seed: number,
  signal: AbortSignal,
): Promise<Measured> {
  const { train, test, width, layers, heads, batchSize, learningRate, drawn } = options;
  const key = random.foldIn(random.key(seed), 'traces');
  const all = distinctExamples(task, train + test, random.foldIn(key, 'questions'));
  const [examples, tests] = [all.slice(0, train), all.slice(train)];
  const config: LlamaConfig = {
    vocabulary: task.vocabulary,
    width,
    layers,
    heads,
    keyValueHeads: heads,
    intermediate: 3 * width,
    rmsNormEpsilon: 1e-5,
    ropeTheta: 1e4,
  };
  const longest = longestLesson(all);
  const { end } = task.marks;
  const { params, tokens } = await teachByTraces({
    model: { config: { ...config, positions: longest }, params: initLlama(random.foldIn(key, 'student'), config) },
    examples,
    end,
    dropping: { ...dropping, table: task.drop },
    drawnAnew: true,
    steps: equalTokens ? Math.round(options.steps * lengthRatio(examples)) : options.steps,
    batchSize,
    learningRate,
    seed,
    signal,
    threads: 1,
  });
  const outcomes = async (mode: TraceMode, asked: readonly TracedExample[], samples?: number) => {
    const answers = await answersInMode(
      asked.map(({ prompt }) => prompt),
      {
        model: { config: { ...config, positions: longest }, params },
        marks: task.marks,
        mode,
        maxTokens: longest,
        ...(samples !== undefined && { sampling: { samples, key: random.foldIn(key, mode) } }),
        batchSize: 200,
        threads: 1,
        signal,
      },
    );
    return answers.map((own, i) => own.map((answer) => outcomeOf(asked[i]!, answer)));
  };
  const byDifficulty = tests.toSorted((a, b) => a.difficulty - b.difficulty);
  const half = Math.ceil(tests.length / 2);
  const greedy = {} as Record<TraceMode, readonly (readonly TracedOutcome[])[]>;
  for (const mode of traceModes) greedy[mode] = await outcomes(mode, byDifficulty);
  const { fast, slow, auto } = {
    fast: tracedFigures(greedy.fast),
    slow: tracedFigures(greedy.slow),
    auto: tracedFigures(greedy.auto),
  };
  const taughtModes = [
    ...(dropping.chances[3] > 0 ? [fast] : []),
    ...(dropping.chances[3] < 1 ? [slow] : []),
  ];
  const figures: Record<string, number> = {
    fast: fast.best,
    slow: slow.best,
    auto: auto.best,
    formatted: Math.min(...taughtModes.map(({ formatted }) => formatted)),
    'slow tokens, right answers': slow.traceTokensOfBest,
    'auto tokens': auto.traceTokens,
    'auto at once': auto.atOnce,
    'million tokens read': tokens / 1e6,
  };
  if (byDifficulty[0]!.difficulty < byDifficulty.at(-1)!.difficulty) {
    figures['slow, harder half'] = tracedFigures(greedy.slow.slice(half)).best;
    figures['auto tokens, easier half'] = tracedFigures(greedy.auto.slice(0, half)).traceTokens;
    figures['auto tokens, harder half'] = tracedFigures(greedy.auto.slice(half)).traceTokens;
  }
  if (drawn) {
    for (const mode of ['fast', 'slow'] as const) {
      const own = await outcomes(mode, tests.slice(0, drawn.questions), drawn.samples);
      figures[`${mode}, ${drawn.k} of ${drawn.samples} best`] = atLeast(own, drawn.k, 'best');
      figures[`${mode}, quality of draws`] = tracedFigures(own).quality;
      figures[`${mode}, different plans`] = tracedFigures(own).distinct;
    }
  }
  return { value: slow.traceTokens, figures };
}

/** How many times as long examples with their traces are as those without. */
function lengthRatio(examples: readonly TracedExample[]): number {
  const sizes = examples.map(({ prompt, steps, answer }) => ({
    bare: prompt.length + answer.length,
    trace: steps.flatMap(({ parts }) => parts.flatMap(({ content }) => content)).length,
  }));
  return mean(sizes.map(({ bare, trace }) => bare + trace)) / mean(sizes.map(({ bare }) => bare));
}
