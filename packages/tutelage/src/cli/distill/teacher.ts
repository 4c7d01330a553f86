import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { UserError } from '../../core/errors.js';
import { explained } from '../../runs/file-errors.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import type { Progress } from '../../runs/progress.js';
import type { Run } from '../../runs/run.js';
import type { InputKind, InputTypes } from '../../students/featurizers.js';
import { loadStudent, type Prediction } from '../../students/load-student.js';
import { predictor } from '../../students/predictor.js';
import { teachClassifier } from '../../students/teach.js';
import type { DataOf } from './data.js';
import { partOf } from './parts.js';
import { findPreset, presetNames } from './presets.js';
import type { DistillSettings } from './settings.js';

/** A teacher that answers with a logit for each of the data's labels. */
export interface OpenTeacher<I> {
  readonly title: string;
  /** One answer for each input; undefined where it has nothing to say. */
  teach(inputs: readonly I[]): Promise<readonly (Float32Array | undefined)[]>;
  dispose(): Promise<void>;
}

export interface TeacherContext {
  readonly run: Run;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Makes the teacher that `--teacher` names ready. A preset is taught first, on the labels of the training data.
 *
 * @returns undefined for none, and `paused` if teaching it was interrupted
 */
export async function openTeacher<K extends InputKind>(
  data: DataOf<K>,
  settings: DistillSettings,
  context: TeacherContext,
): Promise<OpenTeacher<InputTypes[K]> | 'paused' | undefined> {
  if (settings.teacher === 'none') return undefined;
  const [kind, name] = splitOnce(settings.teacher);
  if (kind !== 'student' || name === '') {
    throw new UserError(`unknown teacher: ${settings.teacher}`, {
      detail: `there are none and student:<preset or folder>; presets: ${presetNames(data.input).join(', ')}`,
    });
  }
  return presetNames(data.input).includes(name)
    ? taughtTeacher(data, name, settings, context)
    : shippedTeacher(data, name, settings);
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(':');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

async function taughtTeacher<K extends InputKind>(
  data: DataOf<K>,
  name: string,
  settings: DistillSettings,
  { run, progress, signal }: TeacherContext,
): Promise<OpenTeacher<InputTypes[K]> | 'paused'> {
  const { train, validation } = data.splits;
  const key = random.foldIn(random.key(settings.seed), 'teacher');
  const made = await findPreset(data, name).create(train.inputs, data.labels, key);
  const epochs = settings.teacherEpochs ?? made.plan.epochs;
  const teacher = { ...made, plan: { ...made.plan, epochs } };
  progress.say(`teaching the teacher, ${name}, on ${train.inputs.length} examples`);
  const trained = await teachClassifier<InputTypes[K]>({
    student: teacher,
    lessons: train,
    validation,
    distillation: { temperature: 1, weight: 0 },
    seed: settings.seed,
    run: partOf(run, 'teacher'),
    progress,
    checkpointEvery: { seconds: settings.checkpointSeconds },
    ...(settings.threads !== undefined && { threads: settings.threads }),
    signal,
  });
  if (trained.outcome === 'paused') return 'paused';
  const model = predictor(teacher, trained, threadsOf(settings));
  return { title: name, teach: (inputs) => model.predict(inputs), dispose: () => model.dispose() };
}

async function shippedTeacher<K extends InputKind>(
  data: DataOf<K>,
  folder: string,
  settings: DistillSettings,
): Promise<OpenTeacher<InputTypes[K]>> {
  const student = await loadStudent(studentIn(folder), threadsOf(settings));
  const places = data.labels.map((label) => student.labels.indexOf(label));
  const absent = data.labels.filter((_, i) => places[i] === -1);
  if (student.input !== data.input || absent.length > 0) {
    await student.dispose();
    if (student.input !== data.input) {
      throw new UserError(`the teacher takes ${student.input}s, the data are ${data.input}s: ${folder}`);
    }
    throw new UserError(`labels that the teacher does not know: ${absent.slice(0, 5).join(', ')}`, {
      detail: `it knows ${student.labels.slice(0, 20).join(', ')}`,
    });
  }
  const predict = student.predict as (inputs: readonly InputTypes[K][]) => Promise<Prediction[]>;
  return {
    title: `${student.description.preset} in ${folder}`,
    async teach(inputs) {
      const answers = await predict(inputs);
      return answers.map(({ logits }) => Float32Array.from(places, (place) => logits[place]!));
    },
    dispose: () => student.dispose(),
  };
}

/** The folder of a student, given that or the run that it is in. */
export function studentIn(path: string): string {
  const within = join(path, 'student');
  const isRun = explained(
    'look for the student',
    path,
    () => fs.kind(join(path, 'student.json')) === 'absent' && fs.kind(within) === 'folder',
  );
  return isRun ? within : path;
}

export function threadsOf({ threads }: Pick<DistillSettings, 'threads'>): { readonly threads?: number } {
  return threads === undefined ? {} : { threads };
}
