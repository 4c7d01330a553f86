import { join } from 'node:path';
import type { Economy } from '../../assessment/economy-schema.js';
import { argMax } from '../../assessment/probabilities.js';
import { UserError } from '../../core/errors.js';
import { type Run, resumeCommand } from '../../runs/run.js';
import { addTime, timeOf } from '../../runs/times.js';
import { whenFree } from '../../runs/when-free.js';
import type { InputKind, InputTypes } from '../../students/featurizers.js';
import { captured } from '../../teachers/captured.js';
import { denseLogits } from '../../teachers/logits-codec.js';
import { openSignals } from '../../teachers/signal-store.js';
import { teacherCosts } from './costs.js';
import type { DataOf, LabelledSplit } from './data.js';
import { notLabelledFile } from './files.js';
import type { FlowOptions } from './flow.js';
import type { DistillSettings } from './settings.js';
import { type OpenTeacher, openTeacher, type TeacherContext } from './teacher.js';

/** The activity of a folder of signals that asking for them is timed as. */
const askingActivity = 'asking';

type Answers = readonly (Float32Array | undefined)[];

/** The teacher's logits; undefined where it has nothing to say. */
export interface Signals {
  /** Who gave them, and what that took. */
  readonly teacher: Economy['teacher'];
  readonly train: Answers;
  /** Asked for where the data have no labels. */
  readonly validation: Answers | undefined;
  readonly test: Answers;
}

/**
 * What the teacher says of the data, captured on disk: what it has said once, in this run or another one in the same folder, it is not
 * asked again.
 *
 * @returns undefined without a teacher, and `paused` if it was interrupted
 */
export async function signalsOf<K extends InputKind>(
  options: FlowOptions<K>,
): Promise<Signals | 'paused' | undefined> {
  const { data, settings, progress } = options;
  const open = await unlessAborted(options, () => openTeacher(data, settings, options));
  if (open === undefined && !data.isLabelled) {
    throw new UserError('nobody to label the texts: they have no labels, and there is no teacher', {
      hint: 'name one by --teacher',
    });
  }
  if (open === undefined || open === 'paused') return open;
  try {
    return await unlessAborted(options, () => answersOf(options, open));
  } finally {
    progress.stop();
    await open.dispose();
  }
}

async function answersOf<K extends InputKind>(
  options: FlowOptions<K>,
  open: OpenTeacher<InputTypes[K]>,
): Promise<Signals> {
  const { run, data, progress, signal } = options;
  const { title, teacher } = open;
  const { train, validation, test } = data.splits;
  const asked = data.isLabelled ? [train, test] : [train, test, validation];
  const inputs = asked.flatMap((split) => split.inputs);
  const examples = asked.flatMap((split) =>
    split.inputs.map((input, i) => ({ example: { id: split.ids[i]!, input } })),
  );
  const folder = join(run.path, '..', 'signals', teacher.fingerprint.slice(0, 16));
  const store = await whenFree(() => openSignals(folder), options);
  try {
    await open.confirm?.(inputs);
    progress.say(`asking the teacher, ${title}, about ${inputs.length} examples`);
    progress.start(0, inputs.length);
    const answers = await captured<InputTypes[K], string, 'logits'>(teacher, store, {
      onAsked: (time) => addTime(folder, askingActivity, time),
    }).teach(examples, { signal, onProgress: (done) => progress.step(done, {}) });
    const dense = answers.map((logits) => logits && denseLogits(logits, data.labels.length));
    if (dense.every((row) => row === undefined)) throw silence(open, run);
    const ends = [train.inputs.length, train.inputs.length + test.inputs.length] as const;
    return {
      teacher: teacherCosts(open, timeOf(folder, askingActivity), inputs.length, open.bill?.(inputs)),
      train: dense.slice(0, ends[0]),
      test: dense.slice(ends[0], ends[1]),
      validation: data.isLabelled ? undefined : dense.slice(ends[1]),
    };
  } finally {
    store.close();
  }
}

function silence({ title, bill }: Pick<OpenTeacher<never>, 'title' | 'bill'>, run: Run): UserError {
  return new UserError(`the teacher has no answer to any example: ${title}`, {
    hint: bill && `the reasons are in ${notLabelledFile(run)}`,
  });
}

/** The result of work or, where the abort of the run ended it, `paused`. */
async function unlessAborted<T>(
  { run, progress, signal }: Pick<TeacherContext, 'run' | 'progress' | 'signal'>,
  work: () => Promise<T>,
): Promise<T | 'paused'> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted) throw error;
    progress.stop();
    progress.say(`what the teacher said is saved; resume with: ${resumeCommand(run.path)}`);
    return 'paused';
  }
}

/**
 * The data as the teacher leaves them: where they have no labels, validation and test take the teacher's, without the examples that it
 * has no answer to; and a warning where it was silent.
 */
export function labelledBy<K extends InputKind>(data: DataOf<K>, signals: Signals | undefined): DataOf<K> {
  if (!signals) return data;
  const { train, validation, test } = data.splits;
  const all = [...signals.train, ...signals.test, ...(signals.validation ?? [])];
  const silent = all.filter((logits) => logits === undefined).length;
  const warned = {
    ...data,
    warnings: [
      ...data.warnings,
      ...(silent > 0 ? [`the teacher has no answer to ${silent} of ${all.length} examples`] : []),
    ],
  };
  if (!signals.validation) return warned;
  return {
    ...warned,
    splits: {
      train,
      validation: withAnswers(validation, signals.validation),
      test: withAnswers(test, signals.test),
    },
  };
}

function withAnswers<I>({ inputs, ids }: LabelledSplit<I>, answers: Answers): LabelledSplit<I> {
  const known = answers.flatMap((logits, i) => (logits ? [{ i, label: argMax(logits) }] : []));
  return {
    inputs: known.map(({ i }) => inputs[i]!),
    ids: known.map(({ i }) => ids[i]!),
    classes: Int32Array.from(known, ({ label }) => label),
  };
}

/** Of the distillation. A language model's answers are shares or probabilities of answers already, not to be softened. */
export function temperatureOf({ temperature, teacher }: DistillSettings): number {
  return temperature ?? (/^(llm|local):/.test(teacher) ? 1 : 2);
}
