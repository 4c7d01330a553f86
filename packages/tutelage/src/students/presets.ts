import type { ClassifierPreset } from './classifier.js';
import { type ImageFormat, imageNano, imageSmall, imageVit } from './image-presets.js';
import { lmSmall } from './lm-small.js';
import { retrieverSmall } from './retriever-small.js';
import { textMini } from './text-mini.js';
import { textNano } from './text-nano.js';
import { textSmall } from './text-small.js';

/** What a student of a preset is for. */
export type Purpose = 'classification' | 'retrieval' | 'language model';

/** What the command line shows of a preset. */
export interface PresetSummary {
  readonly id: string;
  readonly input: 'text' | 'image';
  readonly purpose: Purpose;
  /** What it is, how large and how fast. */
  readonly description: string;
}

/** Classifiers of texts, from the smallest to the largest; `weights` is the folder of a pre-trained encoder. */
export function textPresets(weights?: string): readonly ClassifierPreset<string>[] {
  return [textNano, textSmall, textMini(weights)];
}

/** Classifiers of images of a format, from the smallest to the largest. */
export function imagePresets(format: ImageFormat): readonly ClassifierPreset<Uint8Array>[] {
  return [imageNano, imageSmall, imageVit].map((preset) => preset(format));
}

/** The format does not change what a preset says of itself. */
const anyFormat: ImageFormat = { height: 28, width: 28, channels: 1 };

/** All presets. */
export function presetSummaries(): readonly PresetSummary[] {
  const summary = (
    { id, input, description }: Omit<PresetSummary, 'purpose'>,
    purpose: Purpose,
  ): PresetSummary => ({ id, input, purpose, description });
  return [
    ...textPresets().map((preset) => summary(preset, 'classification')),
    ...imagePresets(anyFormat).map((preset) => summary(preset, 'classification')),
    summary(retrieverSmall, 'retrieval'),
    summary(lmSmall, 'language model'),
  ];
}
