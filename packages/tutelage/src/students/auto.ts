import { leavesOf, random, type Tensor } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import type { Progress } from '../runs/progress.js';
import { createRun } from '../runs/run.js';
import type { ClassifierPreset, ClassifierStudent } from './classifier.js';
import { argMaxOf, predictor, type Trained } from './predictor.js';
import { type DistillationPlan, type Lessons, teachClassifier } from './teach.js';

/** What became of a preset. */
export interface Trial {
  readonly preset: string;
  /** On the validation data, in [0, 1]. */
  readonly accuracy: number;
  /** Of the parameters in float32. */
  readonly bytes: number;
  /** Median time of an answer to one input. */
  readonly milliseconds: number;
  /** Time that teaching took. */
  readonly seconds: number;
  /** Whether the teaching ended before the time was up. */
  readonly finished: boolean;
}

export interface Choice<I> {
  readonly student: ClassifierStudent<I>;
  readonly trained: Trained;
  readonly trials: readonly Trial[];
  /** Presets for which there was no time. */
  readonly untried: readonly string[];
  /** Why this one, in a sentence. */
  readonly reason: string;
}

export interface ChooseOptions<I> {
  /** From the smallest to the largest, in which order they are tried. */
  readonly presets: readonly ClassifierPreset<I>[];
  readonly labels: readonly string[];
  readonly lessons: Lessons<I>;
  /** Decides. */
  readonly validation: Pick<Lessons<I>, 'inputs' | 'classes'>;
  readonly distillation: DistillationPlan;
  /** Time for all presets together. The first one is always taught to its end. */
  readonly seconds: number;
  readonly seed: number;
  /** Folder for the runs of the presets. */
  readonly root: string;
  readonly progress: Progress;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** Presets whose accuracy is at most this much below the best one's count as equally good. */
const tolerance = 0.005;

/** Inputs that are answered one by one to measure the time. */
const timed = 50;

/**
 * Teaches presets on the lessons and chooses the smallest of those that are within half a point of the best validation accuracy.
 *
 * @throws {UserError} without validation data
 */
export async function chooseStudent<I>(options: ChooseOptions<I>): Promise<Choice<I>> {
  if (options.validation.inputs.length === 0) {
    throw new UserError('no validation data to choose a student by', { hint: 'hold out a part of the data' });
  }
  const deadline = performance.now() + 1000 * options.seconds;
  const tried: { trial: Trial; student: ClassifierStudent<I>; trained: Trained }[] = [];
  const untried: string[] = [];
  for (const preset of options.presets) {
    options.signal?.throwIfAborted();
    if (tried.length > 0 && performance.now() >= deadline) untried.push(preset.id);
    else tried.push(await tryPreset(preset, options, tried.length === 0 ? undefined : deadline));
  }
  const trials = tried.map(({ trial }) => trial);
  const chosen = chosenOf(trials);
  const { student, trained } = tried.find(({ trial }) => trial === chosen)!;
  return { student, trained, trials, untried, reason: reasonFor(chosen, trials) };
}

/** The smallest of the trials that are as good as the best. */
export function chosenOf(trials: readonly Trial[]): Trial {
  const best = Math.max(...trials.map(({ accuracy }) => accuracy));
  // What an accuracy of 0.905 and one of 0.9 differ by must not hang on rounding.
  const good = trials.filter(({ accuracy }) => accuracy >= best - tolerance - 1e-9);
  return good.reduce((a, b) => (b.bytes < a.bytes ? b : a));
}

function reasonFor(chosen: Trial, trials: readonly Trial[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const best = trials.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  if (trials.length === 1) return `${chosen.preset}: there was time for one preset only`;
  if (best === chosen)
    return `${chosen.preset} has the best validation accuracy: ${percent(chosen.accuracy)}`;
  return (
    `${chosen.preset} is the smallest within half a point of the best validation accuracy: ` +
    `${percent(chosen.accuracy)}, and ${percent(best.accuracy)} for ${best.preset}`
  );
}

async function tryPreset<I>(
  preset: ClassifierPreset<I>,
  options: ChooseOptions<I>,
  deadline: number | undefined,
): Promise<{ trial: Trial; student: ClassifierStudent<I>; trained: Trained }> {
  const { labels, lessons, validation, distillation, seed, progress, root } = options;
  const session = options.threads === undefined ? {} : { threads: options.threads };
  const start = performance.now();
  progress.say(`trying ${preset.id}`);
  const key = random.foldIn(random.key(seed), 'student');
  const student = await preset.create(lessons.inputs, labels, key);
  const signals = [
    ...(options.signal ? [options.signal] : []),
    ...(deadline === undefined ? [] : [AbortSignal.timeout(Math.max(0, Math.round(deadline - start)))]),
  ];
  const { outcome, params, statistics } = await teachClassifier({
    student,
    lessons,
    validation,
    distillation,
    seed,
    run: createRun({ root, name: `try ${preset.id}`, config: { preset: preset.id, seed } }),
    progress,
    checkpointEvery: { seconds: 600 },
    signal: AbortSignal.any(signals),
    ...session,
  });
  options.signal?.throwIfAborted();
  const trained = { params, statistics };
  const seconds = (performance.now() - start) / 1000;
  const model = predictor(student, trained, { threads: 1 });
  const logits = await model.predict(validation.inputs);
  const right = logits.filter((row, i) => argMaxOf(row) === validation.classes[i]).length;
  const times: number[] = [];
  for (const input of validation.inputs.slice(0, timed)) {
    const before = performance.now();
    await model.predict([input]);
    times.push(performance.now() - before);
  }
  await model.dispose();
  const trial = {
    preset: preset.id,
    accuracy: right / validation.inputs.length,
    bytes: leavesOf<Tensor>(params).reduce((n, { leaf }) => n + leaf.data.byteLength, 0),
    milliseconds: times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!,
    seconds,
    finished: outcome === 'finished',
  };
  return { trial, student, trained };
}

/** The trials as a table for people. */
export function trialTable({ trials, untried }: Pick<Choice<never>, 'trials' | 'untried'>): string {
  const rows = [
    ['preset', 'validation', 'size', 'ms each', 'taught in', ''],
    ...trials.map((t) => [
      t.preset,
      `${(100 * t.accuracy).toFixed(1)} %`,
      `${(t.bytes / 1e6).toFixed(1)} MB`,
      t.milliseconds.toFixed(2),
      `${t.seconds.toFixed(0)} s`,
      t.finished ? '' : 'stopped early',
    ]),
    ...untried.map((id) => [id, '', '', '', '', 'no time']),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 || i === 5 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
