import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { UserError } from '../../core/errors.js';
import { timeOf } from '../../runs/times.js';
import type { InputKind, InputTypes } from '../../students/featurizers.js';
import { loadStudent, type Prediction } from '../../students/load-student.js';
import { countParameters } from '../../students/predictor.js';
import { trainingActivity } from '../../students/resumable-training.js';
import { teachClassifier } from '../../students/teach.js';
import { classifierTeacher } from '../../teachers/classifier-teacher.js';
import { labelPositions } from '../../teachers/label-mapping.js';
import { studentIn, threadsOf } from '../student-in.js';
import type { DataOf } from './data.js';
import { partOf } from './parts.js';
import { findPreset } from './presets.js';
import type { DistillSettings } from './settings.js';
import { sizeOf } from './sizes.js';
import type { OpenTeacher, TeacherContext } from './teacher.js';

/** A bigger student, taught first on the labels of the training data. */
export async function taughtTeacher<K extends InputKind>(
  data: DataOf<K>,
  name: string,
  settings: DistillSettings,
  { run, progress, signal }: TeacherContext,
): Promise<OpenTeacher<InputTypes[K]> | 'paused'> {
  if (!data.isLabelled) {
    throw new UserError(`${name} can't be taught first: the data have no labels`, {
      hint: 'name a student that was taught before, or another kind of teacher',
    });
  }
  const { train, validation } = data.splits;
  const key = random.foldIn(random.key(settings.seed), 'teacher');
  const made = await findPreset(data, name, settings).create(train.inputs, data.labels, key);
  const epochs = settings.teacherEpochs ?? made.plan.epochs;
  const student = { ...made, plan: { ...made.plan, epochs } };
  const part = partOf(run, 'teacher');
  progress.say(`teaching the teacher, ${name}, on ${train.inputs.length} examples`);
  const trained = await teachClassifier<InputTypes[K]>({
    student,
    lessons: train,
    validation,
    distillation: { temperature: 1, weight: 0 },
    seed: settings.seed,
    run: part,
    progress,
    checkpointEvery: { seconds: settings.checkpointSeconds },
    ...threadsOf(settings),
    signal,
  });
  if (trained.outcome === 'paused') return 'paused';
  const teacher = classifierTeacher(student, trained, threadsOf(settings));
  const parameters = countParameters(trained);
  const { seconds, cpuSeconds } = timeOf(part.path, trainingActivity);
  return {
    title: name,
    teacher,
    costs: { parameters, bytes: 4 * parameters, trainingSeconds: seconds, trainingCpuSeconds: cpuSeconds },
    dispose: () => teacher.dispose(),
  };
}

/** Examples between two looks at the abort signal. */
const chunk = 1024;

/** A student that was taught and shipped before; it may know more labels than the data have. */
export async function shippedTeacher<K extends InputKind>(
  data: DataOf<K>,
  path: string,
  settings: DistillSettings,
): Promise<OpenTeacher<InputTypes[K]>> {
  const folder = studentIn(path);
  const student = await loadStudent(folder, threadsOf(settings));
  try {
    if (student.input !== data.input) {
      throw new UserError(`the teacher takes ${student.input}s, the data are ${data.input}s: ${path}`);
    }
    const places = labelPositions(data.labels, student.labels);
    const hash = createHash('sha256').update(JSON.stringify([student.description, data.labels]));
    hash.update(await readFile(join(folder, student.description.files.model)));
    const predict = student.predict as (inputs: readonly InputTypes[K][]) => Promise<Prediction[]>;
    return {
      title: student.description.preset,
      costs: { bytes: sizeOf(join(folder, student.description.files.model)) },
      teacher: {
        kind: 'logits',
        fingerprint: hash.digest('hex'),
        async teach(examples, { signal, onProgress } = {}) {
          const taught: { readonly values: Float32Array }[] = [];
          for (let start = 0; start < examples.length; start += chunk) {
            signal?.throwIfAborted();
            const inputs = examples.slice(start, start + chunk).map(({ example }) => example.input);
            for (const { logits } of await predict(inputs)) {
              taught.push({ values: Float32Array.from(places, (place) => logits[place]!) });
            }
            onProgress?.(taught.length);
          }
          return taught;
        },
      },
      dispose: () => student.dispose(),
    };
  } catch (error) {
    await student.dispose();
    throw error;
  }
}
