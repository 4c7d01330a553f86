import type { RunSummary } from '@tutelage/studio/api';
import { number, percent } from './format.js';
import { valueText } from './students.js';

export const runStates = [
  'created',
  'running',
  'paused',
  'finished',
  'failed',
] as const satisfies readonly RunSummary['state'][];
export const runSorts = ['started', 'updated', 'result', 'name'] as const;

/** What a list says of how a run does: its result on the test data, or else the last loss or other metric. */
export function figureOf({ result, last }: Pick<RunSummary, 'result' | 'last'>): string {
  if (result)
    return result.name === 'accuracy' ? percent(result.value) : `${result.name} ${valueText(result)}`;
  const shown = Object.entries(last).filter(([name]) => name !== 'step' && name !== 'epoch');
  const [name, value] = shown.find(([one]) => one.includes('loss')) ?? shown[0] ?? [];
  return name === undefined || value === undefined ? '' : `${name} ${number(value)}`;
}

/** A setting's value as a table shows it. */
export function settingText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
