import type { Figure, ShownStudent } from '@tutelage/studio/api';
import { count, number, percent } from './format.js';

/** Figures that are no shares. */
const plain = ['bits per byte', 'perplexity'];

const shownAs = (name: string) => (plain.includes(name) ? number : percent);

/** A figure of an assessment: shares as percent. */
export function valueText({ name, value }: Figure): string {
  return name === 'milliseconds' ? `${number(value)} ms` : shownAs(name)(value);
}

/** Its interval, if it has one: `91.0 % to 93.0 %`. */
export function intervalText({ name, low, high }: Figure): string {
  const shown = shownAs(name);
  return low === undefined || high === undefined ? '' : `${shown(low)} to ${shown(high)}`;
}

/** Both. */
export function metricText(figure: Figure): string {
  const interval = intervalText(figure);
  return interval === '' ? valueText(figure) : `${valueText(figure)} (${interval})`;
}

type Used = Pick<ShownStudent, 'kind' | 'input' | 'folder'>;

/** Commands that use a student where the studio was started. */
export function commands({ kind, input, folder }: Used): string {
  return `npx tutelage predict ${folder} ${exampleOf(kind, input)}\nnpx tutelage serve ${folder}\n`;
}

function exampleOf(kind: Used['kind'], input: Used['input']): string {
  if (kind === 'retriever') return '--documents passages.jsonl "what to look for"';
  if (kind === 'language-model') return '"the beginning of a text"';
  return input === 'text' ? '"a text to classify"' : 'picture.png';
}

/** What a student is, in words: `3 labels of texts`. */
export function kindWords({ kind, input, labels }: Pick<ShownStudent, 'kind' | 'input' | 'labels'>): string {
  if (kind !== 'classifier') return kind.replace('-', ' ');
  return `${count(labels.length, 'label')} of ${input === 'text' ? 'texts' : 'images'}`;
}

/** Whether what a student of images takes can be drawn: it is small. */
export function isDrawn({ height, width }: { readonly height: number; readonly width: number }): boolean {
  return height === width && height <= 64;
}
