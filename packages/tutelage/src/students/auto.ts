import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { type Choice, type Trial, trialSchema } from '../assessment/choice-schema.js';
import { argMax } from '../assessment/probabilities.js';
import { UserError } from '../core/errors.js';
import { writeFileAtomic } from '../runs/atomic.js';
import { explained } from '../runs/file-errors.js';
import { nodeFileSystem as fs } from '../runs/file-system.js';
import type { CheckpointInterval } from '../runs/loop.js';
import type { Progress } from '../runs/progress.js';
import { createRunAt, type Run } from '../runs/run.js';
import { startWatch, timeOf } from '../runs/times.js';
import type { ClassifierPreset } from './classifier.js';
import { countParameters, predictor } from './predictor.js';
import { trainingActivity } from './resumable-training.js';
import { type DistillationPlan, type Lessons, teachClassifier } from './teach.js';

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
  /** Folder for the runs of the presets and what came of them: choosing again with the same folder goes on from there. */
  readonly root: string;
  readonly progress: Progress;
  readonly checkpointEvery: CheckpointInterval;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** Presets whose accuracy is at most this much below the best one's count as equally good. */
const tolerance = 0.005;

/** Inputs that are answered one by one to measure the time. */
const timed = 50;

/**
 * Teaches presets on the lessons and chooses the smallest of those that are within half a point of the best validation accuracy.
 * What is interrupted or killed goes on, called again: trials that have ended count as they did, and the time that they took is spent.
 *
 * @throws {UserError} without validation data
 */
export async function chooseStudent<I>(options: ChooseOptions<I>): Promise<Choice> {
  if (options.validation.inputs.length === 0) {
    throw new UserError('no validation data to choose a student by', { hint: 'hold out a part of the data' });
  }
  const trials: Trial[] = [];
  const untried: string[] = [];
  for (const preset of options.presets) {
    options.signal?.throwIfAborted();
    const run = createRunAt(join(options.root, preset.id), `try ${preset.id}`, {
      preset: preset.id,
      seed: options.seed,
    });
    const left = options.seconds - trials.reduce((sum, { seconds }) => sum + seconds, 0);
    const kept = readTrial(run);
    if (kept) trials.push(kept);
    else if (trials.length > 0 && left <= 0) untried.push(preset.id);
    else {
      const trial = await tryPreset(preset, run, options, trials.length === 0 ? undefined : left);
      writeFileAtomic(fs, trialFile(run), `${JSON.stringify(trial)}\n`);
      trials.push(trial);
    }
  }
  const chosen = chosenOf(trials);
  return { preset: chosen.preset, trials, untried, reason: reasonFor(chosen, trials) };
}

const trialFile = (run: Run): string => join(run.path, 'trial.json');

/** What came of a trial, if it has ended. */
function readTrial(run: Run): Trial | undefined {
  const path = trialFile(run);
  if (fs.kind(path) !== 'file') return undefined;
  const text = explained('read the trial', path, () => new TextDecoder().decode(fs.read(path)));
  try {
    return trialSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
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

/** @param left seconds that the trial may take in all; undefined without a limit */
async function tryPreset<I>(
  preset: ClassifierPreset<I>,
  run: Run,
  options: ChooseOptions<I>,
  left: number | undefined,
): Promise<Trial> {
  const { labels, lessons, validation, distillation, seed, progress } = options;
  const session = options.threads === undefined ? {} : { threads: options.threads };
  const spent = timeOf(run.path, trainingActivity).seconds;
  const watch = startWatch();
  progress.say(`trying ${preset.id}`);
  const key = random.foldIn(random.key(seed), 'student');
  const student = await preset.create(lessons.inputs, labels, key);
  const signals = [
    ...(options.signal ? [options.signal] : []),
    ...(left === undefined
      ? []
      : [AbortSignal.timeout(Math.max(0, Math.round(1000 * (left - spent - watch().seconds))))]),
  ];
  const { outcome, params, statistics } = await teachClassifier({
    student,
    lessons,
    validation,
    distillation,
    seed,
    run,
    progress,
    checkpointEvery: options.checkpointEvery,
    signal: AbortSignal.any(signals),
    ...session,
  });
  options.signal?.throwIfAborted();
  const { seconds } = watch();
  const model = predictor(student, { params, statistics }, { threads: 1 });
  const logits = await model.predict(validation.inputs);
  const right = logits.filter((row, i) => argMax(row) === validation.classes[i]).length;
  const times: number[] = [];
  for (const input of validation.inputs.slice(0, timed)) {
    const before = performance.now();
    await model.predict([input]);
    times.push(performance.now() - before);
  }
  await model.dispose();
  return {
    preset: preset.id,
    accuracy: right / validation.inputs.length,
    bytes: 4 * countParameters({ params }),
    milliseconds: times.sort((x, y) => x - y)[Math.floor(times.length / 2)]!,
    seconds: spent + seconds,
    finished: outcome === 'finished',
  };
}

/** The trials as a table for people. */
export function trialTable({ trials, untried }: Pick<Choice, 'trials' | 'untried'>): string {
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
