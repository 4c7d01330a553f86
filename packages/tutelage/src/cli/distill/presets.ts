import { UserError } from '../../core/errors.js';
import type { ClassifierPreset } from '../../students/classifier.js';
import type { InputKind, InputTypes } from '../../students/featurizers.js';
import {
  type ImageFormat,
  type ImagePreset,
  imageNano,
  imageSmall,
  imageVit,
} from '../../students/image-presets.js';
import { textNano } from '../../students/text-nano.js';
import { didYouMean } from '../near-names.js';
import type { DataOf } from './data.js';

/** The first of each kind is taken when none is named. */
const textPresets: Readonly<Record<string, ClassifierPreset<string>>> = { 'text-nano': textNano };

const imagePresets: Readonly<Record<string, ImagePreset>> = {
  'image-nano': imageNano,
  'image-small': imageSmall,
  'image-vit': imageVit,
};

type Finders = {
  readonly [K in InputKind]: (
    name: string,
    format: ImageFormat | undefined,
  ) => ClassifierPreset<InputTypes[K]> | undefined;
};

const finders: Finders = {
  text: (name) => (Object.hasOwn(textPresets, name) ? textPresets[name] : undefined),
  image: (name, format) =>
    format && Object.hasOwn(imagePresets, name) ? imagePresets[name]!(format) : undefined,
};

/** The names of the presets for a kind of input. */
export function presetNames(input: InputKind): string[] {
  return Object.keys(input === 'text' ? textPresets : imagePresets);
}

/**
 * The preset of a name, for a data set.
 *
 * @throws {UserError} naming the presets that there are
 */
export function findPreset<K extends InputKind>(
  data: Pick<DataOf<K>, 'input' | 'format'>,
  name: string = presetNames(data.input)[0]!,
): ClassifierPreset<InputTypes[K]> {
  const preset = finders[data.input](name, data.format);
  if (preset) return preset;
  const names = presetNames(data.input);
  throw new UserError(`unknown student for ${data.input}s: ${name}`, {
    detail: `there are ${names.join(', ')}`,
    hint: didYouMean(name, names),
  });
}
