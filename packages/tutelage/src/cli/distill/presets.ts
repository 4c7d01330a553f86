import { UserError } from '../../core/errors.js';
import { didYouMean } from '../../core/near-names.js';
import type { ClassifierPreset } from '../../students/classifier.js';
import type { InputKind, InputTypes } from '../../students/featurizers.js';
import { lmSmall } from '../../students/lm-small.js';
import { onnxImageStudent, onnxTextStudent } from '../../students/onnx-student.js';
import { imagePresets, textPresets } from '../../students/presets.js';
import { retrieverSmall } from '../../students/retriever-small.js';
import type { ImageShape } from '../../tasks/image-folder.js';
import type { DataOf } from './data.js';
import type { DistillSettings } from './settings.js';

/** The student that is chosen among presets. */
export const auto = 'auto';

/** Longest text, in tokens, that a student from an ONNX file reads. */
const onnxLength = 128;

type Wishes = Pick<DistillSettings, 'weights' | 'tuning'>;

type Presets = {
  readonly [K in InputKind]: {
    all(format: ImageShape | undefined, wishes: Wishes): readonly ClassifierPreset<InputTypes[K]>[];
    fromFile(path: string, format: ImageShape | undefined, wishes: Wishes): ClassifierPreset<InputTypes[K]>;
  };
};

/** What only the names of presets are asked for with. */
const anyFormat: ImageShape = { height: 28, width: 28, channels: 1 };

const presets: Presets = {
  text: {
    all: (_, { weights }) => textPresets(weights),
    fromFile: (path, _, { tuning }) => onnxTextStudent(path, { tuning, length: onnxLength }),
  },
  image: {
    all: (format = anyFormat) => imagePresets(format),
    fromFile: (path, format = anyFormat, { tuning }) => onnxImageStudent(path, format, tuning),
  },
};

/** The names of the presets for a kind of input, from the smallest to the largest. */
export function presetNames(input: InputKind): string[] {
  return presets[input].all(undefined, { weights: undefined, tuning: 'whole' }).map(({ id }) => id);
}

/** The presets that are tried for `auto`: those that need no weights from elsewhere, or whose weights are there. */
export function presetsToTry<K extends InputKind>(
  data: Pick<DataOf<K>, 'input' | 'format'>,
  wishes: Wishes,
): readonly ClassifierPreset<InputTypes[K]>[] {
  const hasWeights = wishes.weights !== undefined || process.env.TUTELAGE_MINILM !== undefined;
  return presets[data.input].all(data.format, wishes).filter(({ id }) => id !== 'text-mini' || hasWeights);
}

/**
 * The preset of a name, or the model in an ONNX file, for a data set; the smallest preset without a name.
 *
 * @throws {UserError} naming the presets that there are
 */
export function findPreset<K extends InputKind>(
  { input, format }: Pick<DataOf<K>, 'input' | 'format'>,
  name: string | undefined,
  wishes: Wishes,
): ClassifierPreset<InputTypes[K]> {
  const { all, fromFile } = presets[input];
  if (name !== undefined && /\.onnx$/i.test(name)) return fromFile(name, format, wishes);
  const known = all(format, wishes);
  const preset = name === undefined ? known[0] : known.find(({ id }) => id === name);
  if (preset) return preset;
  const names = [...known.map(({ id }) => id), auto];
  const others = [retrieverSmall.id, lmSmall.id];
  throw new UserError(`unknown student for ${input}s: ${name}`, {
    detail: `there are ${names.join(', ')}, and ONNX files; ${others.join(' and ')} learn from other data`,
    hint: didYouMean(name ?? '', [...names, ...others]),
  });
}
