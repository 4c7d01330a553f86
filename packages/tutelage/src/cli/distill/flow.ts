import { random } from '@tutelage/engine';
import type { Choice } from '../../assessment/choice-schema.js';
import { assessClassifier, type ClassifierAssessment } from '../../assessment/classification-report.js';
import { UserError } from '../../core/errors.js';
import { type Run, studentFolder } from '../../runs/run.js';
import type { ClassifierStudent } from '../../students/classifier.js';
import type { InputKind, InputTypes } from '../../students/featurizers.js';
import { countParameters, predictor, type Trained } from '../../students/predictor.js';
import { shipStudent } from '../../students/ship.js';
import { type Lessons, teachClassifier } from '../../students/teach.js';
import { threadsOf } from '../student-in.js';
import type { Distilled, TeachingContext } from './assignment.js';
import { presetToTeach } from './choose.js';
import { classifierCosts, trainingCosts, withCosts } from './costs.js';
import type { DataOf } from './data.js';
import { cardFacts, contextOf } from './facts.js';
import { keepReport } from './files.js';
import { finishing, holding, partOf } from './parts.js';
import { labelledBy, type Signals, signalsOf, temperatureOf } from './signals.js';

export interface FlowOptions<K extends InputKind> extends TeachingContext {
  readonly data: DataOf<K>;
}

/**
 * Distils: the teacher's answers, the student, the same student taught alone, one assessment on the test data, the folder to ship.
 * Each part is kept in the run, so that the whole can be killed and called again, and ends in the same student.
 *
 * @returns undefined if it was interrupted
 */
export async function distil<K extends InputKind>(options: FlowOptions<K>): Promise<Distilled | undefined> {
  const { run } = options;
  const signals = await holding(run, () => signalsOf(options));
  if (signals === 'paused') return undefined;
  const labelled = { ...options, data: labelledBy(options.data, signals) };
  const chosen = await holding(run, () => presetToTeach(labelled, signals?.train));
  if (chosen === 'paused') return undefined;
  const { data, settings } = labelled;
  const key = random.foldIn(random.key(settings.seed), 'student');
  const student = await chosen.preset.create(data.splits.train.inputs, data.labels, key);
  return taughtBy(labelled, student, { signals, choice: chosen.choice });
}

/** What was found before the student is taught. */
interface Found {
  readonly signals: Signals | undefined;
  readonly choice: Choice | undefined;
}

async function taughtBy<K extends InputKind>(
  options: FlowOptions<K>,
  student: ClassifierStudent<InputTypes[K]>,
  found: Found,
): Promise<Distilled | undefined> {
  const { run, data, settings, progress } = options;
  const { signals } = found;
  let alone: Trained | undefined;
  if (signals && data.isLabelled && settings.alone) {
    progress.say(`teaching ${student.preset} alone, for comparison`);
    const taught = await teach(options, student, partOf(run, 'alone'), undefined);
    if (taught === undefined) return undefined;
    alone = taught;
  }
  progress.say(`teaching ${student.preset} on ${data.splits.train.inputs.length} examples`);
  const trained = await teach(options, student, run, signals?.train);
  if (trained === undefined) return undefined;

  return finishing(run, () => assessAndShip(options, student, { ...found, trained, alone }));
}

async function teach<K extends InputKind>(
  { data, settings, progress, signal }: FlowOptions<K>,
  student: ClassifierStudent<InputTypes[K]>,
  run: Run,
  teacher: Lessons<InputTypes[K]>['teacher'],
): Promise<Trained | undefined> {
  const { outcome, ...trained } = await teachClassifier<InputTypes[K]>({
    student,
    lessons: { ...data.splits.train, ...(teacher && { teacher }) },
    validation: data.splits.validation,
    distillation: { temperature: temperatureOf(settings), weight: settings.distillWeight },
    seed: settings.seed,
    run,
    progress,
    checkpointEvery: { seconds: settings.checkpointSeconds },
    ...threadsOf(settings),
    signal,
  });
  return outcome === 'paused' ? undefined : trained;
}

async function assessAndShip<K extends InputKind>(
  options: FlowOptions<K>,
  student: ClassifierStudent<InputTypes[K]>,
  found: Found & { readonly trained: Trained; readonly alone: Trained | undefined },
): Promise<Distilled> {
  const { run, data, settings } = options;
  const { test, validation } = data.splits;
  if (test.inputs.length === 0) {
    throw new UserError('no example for the test', { hint: 'give more data, or a file by --test' });
  }
  const logits = async (trained: Trained, inputs: readonly InputTypes[K][]) => {
    const model = predictor(student, trained, threadsOf(settings));
    const answers = await model.predict(inputs);
    await model.dispose();
    return answers;
  };
  const arm = async (title: string, trained: Trained) => ({
    title,
    logits: await logits(trained, test.inputs),
    ...(validation.inputs.length > 0 && {
      validation: { logits: await logits(trained, validation.inputs), targets: validation.classes },
    }),
  });
  const { alone, signals, choice } = found;
  const arms: ClassifierAssessment['arms'] = {
    student: await arm(student.preset, found.trained),
    ...(alone && { alone: await arm(`${student.preset}, labels alone`, alone) }),
    // Where the labels are the teacher's there is nothing to compare it with; nor with one that is silent on some examples.
    ...(data.isLabelled &&
      signals?.test.every((row) => row !== undefined) && {
        teacher: { title: signals.teacher.title, logits: signals.test as readonly Float32Array[] },
      }),
  };
  const assessment: ClassifierAssessment = {
    ...contextOf(options, { alone: alone !== undefined, choice }),
    labels: data.labels,
    targets: test.classes,
    texts: test.inputs.map((input, i) => (typeof input === 'string' ? input : test.ids[i]!)),
    ids: test.ids,
    arms,
  };
  const first = assessClassifier(assessment);
  const shipped = await shipStudent<K>({
    folder: studentFolder(run.path),
    input: data.input,
    student,
    trained: found.trained,
    validation,
    facts: cardFacts(options, first),
    ...threadsOf(settings),
  });
  const size = { parameters: countParameters(found.trained), bytes: shipped.float32.bytes };
  const answering = await classifierCosts(studentFolder(run.path), test.inputs);
  const report = withCosts(first, {
    student: { ...size, ...answering, ...trainingCosts(run) },
    alone: { ...size, ...(alone && trainingCosts(partOf(run, 'alone'))) },
    teacher: signals?.teacher,
  });
  return { report: keepReport(run, report), shipped };
}
