import { existsSync } from 'node:fs';
import type { Bill, Costs } from '../../assessment/economy-schema.js';
import { UserError } from '../../core/errors.js';
import type { Teacher } from '../../core/teacher.js';
import type { Progress } from '../../runs/progress.js';
import type { Run } from '../../runs/run.js';
import type { InputKind, InputTypes } from '../../students/featurizers.js';
import { studentOfModel } from '../../students/load-student.js';
import { onnxImageTeacher, onnxTextTeacher } from '../../teachers/onnx-teacher.js';
import { parseTeacher } from '../../teachers/parse-teacher.js';
import type { Console } from '../console.js';
import { threadsOf } from '../student-in.js';
import type { Data, DataOf } from './data.js';
import { openEndpointTeacher, openLocalTeacher } from './language-teachers.js';
import { presetNames } from './presets.js';
import type { DistillSettings } from './settings.js';
import { sizeOf } from './sizes.js';
import { shippedTeacher, taughtTeacher } from './student-teachers.js';

/** A teacher that answers with a logit for each of the data's labels. */
export interface OpenTeacher<I> {
  /** What it is, for the report. */
  readonly title: string;
  readonly teacher: Teacher<I, string, 'logits'>;
  /** What is known of its size and training. */
  readonly costs: Costs;
  /** Shows what these inputs would take and asks whether to go on, where that costs something. */
  confirm?(inputs: readonly I[]): Promise<void>;
  /** What these inputs came to so far, where somebody bills them. */
  bill?(inputs: readonly I[]): Bill;
  dispose(): Promise<void>;
}

export interface TeacherContext {
  readonly run: Run;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly io: Console;
}

/**
 * Makes the teacher that `--teacher` names ready. A preset is taught first, on the labels of the training data.
 *
 * @returns undefined for none, and `paused` if teaching it was interrupted
 * @throws {UserError} when it can't be opened, or can't teach these data
 */
export async function openTeacher<K extends InputKind>(
  data: DataOf<K>,
  settings: DistillSettings,
  context: TeacherContext,
): Promise<OpenTeacher<InputTypes[K]> | 'paused' | undefined> {
  const { baseUrl, apiKeyEnv, teacher } = settings;
  const choice = parseTeacher(teacher, { baseURL: baseUrl, apiKeyEnv });
  switch (choice.kind) {
    case 'none':
      return undefined;
    case 'student':
      return presetNames(data.input).includes(choice.path)
        ? taughtTeacher(data, choice.path, settings, context)
        : shippedTeacher(data, choice.path, settings);
    case 'onnx': {
      const student = await studentOfModel(choice.path);
      if (student) return shippedTeacher(data, student.folder, settings);
      return openOnnxTeacher(data as Data, choice.path, settings) as Promise<OpenTeacher<InputTypes[K]>>;
    }
    default: {
      if (data.input !== 'text') throw new UserError(`a language model can't look at images: ${teacher}`);
      const texts = data as DataOf<'text'>;
      const opened =
        choice.kind === 'llm'
          ? openEndpointTeacher(texts, choice, settings, context)
          : openLocalTeacher(texts, choice.model, settings, context);
      return opened as Promise<OpenTeacher<InputTypes[K]>>;
    }
  }
}

async function openOnnxTeacher(
  data: Data,
  model: string,
  settings: DistillSettings,
): Promise<OpenTeacher<string> | OpenTeacher<Uint8Array>> {
  const options = { model, labels: data.labels, gives: 'logits', ...threadsOf(settings) } as const;
  if (!existsSync(model)) throw new UserError(`no such file: ${model}`);
  const rest = { title: model, costs: { bytes: sizeOf(model) } };
  if (data.input === 'text') {
    const teacher = await onnxTextTeacher(options);
    if (teacher.kind === 'logits') return { ...rest, teacher, dispose: () => teacher.dispose() };
    await teacher.dispose();
  } else {
    const teacher = await onnxImageTeacher({
      ...options,
      shape: data.format!,
      ...(settings.teacherPixels !== undefined && { normalisation: settings.teacherPixels }),
    });
    if (teacher.kind === 'logits') return { ...rest, teacher, dispose: () => teacher.dispose() };
    await teacher.dispose();
  }
  throw new UserError(`a teacher of features can't give labels: ${model}`, {
    hint: 'give a classifier',
  });
}
