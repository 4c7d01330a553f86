import { UserError } from '../../core/errors.js';
import type { InputKind } from '../../students/featurizers.js';
import type { Assignment, Distilled, TeachingContext } from './assignment.js';
import { type DataOf, readData } from './data.js';
import { distil } from './flow.js';
import { auto, findPreset } from './presets.js';
import type { DistillSettings } from './settings.js';

/** Labelled texts or images, and a classifier to be taught on them. */
export async function classifierAssignment(
  settings: DistillSettings,
  rejectedPath?: string,
): Promise<Assignment> {
  const data = await readData(settings, rejectedPath);
  if (settings.student !== auto) findPreset(data, settings.student, settings);
  const { train, validation, test } = data.splits;
  if (test.inputs.length === 0) {
    throw new UserError(`too few examples: none is left for the test: ${settings.data}`, {
      hint: 'give more data, or a file by --test',
    });
  }
  const work = <K extends InputKind>(
    of: DataOf<K>,
    context: TeachingContext,
  ): Promise<Distilled | undefined> => distil<K>({ ...context, data: of });
  return {
    data,
    overview: `${data.labels.length} labels; ${train.inputs.length} examples for training, ${validation.inputs.length} for validation, ${test.inputs.length} for the test`,
    trial: data.input === 'text' ? '"a text"' : 'picture.png',
    perform: (context) => (data.input === 'text' ? work(data, context) : work(data, context)),
  };
}
