import type { ShownStudent } from '@tutelage/studio/api';
import { number, percent } from './format.js';

/** A figure of a student's assessment: shares as percent with their interval. */
export function metricText({ name, value, low, high }: ShownStudent['metrics'][number]): string {
  if (name === 'milliseconds') return `${number(value)} ms`;
  const interval = low === undefined || high === undefined ? '' : ` (${percent(low)} to ${percent(high)})`;
  return `${percent(value)}${interval}`;
}

/** Commands that use a classifier where the studio was started. */
export function commands({ input, id }: Pick<ShownStudent, 'input' | 'id'>): string {
  const folder = `runs/${id}/student`;
  const example = input === 'text' ? '"a text to classify"' : 'picture.png';
  return `npx tutelage predict ${folder} ${example}\nnpx tutelage serve ${folder}\n`;
}

/** Whether what a student of images takes can be drawn: it is small. */
export function isDrawn({ height, width }: { readonly height: number; readonly width: number }): boolean {
  return height === width && height <= 64;
}
