import type { Measure } from '../../assessment/measured-report-schema.js';
import { UserError } from '../../core/errors.js';
import { SPLIT_NAMES, type SplitName } from '../../tasks/splits.js';
import type { EvalParameters } from '../commands/eval.js';

/** What was measured: as JSON, and as lines of name and value. */
export interface Evaluation {
  readonly result: { readonly warnings: readonly string[]; readonly [name: string]: unknown };
  readonly lines: readonly (readonly [name: string, value: string])[];
}

/** The splits that `--part` stands for. */
export function partsOf({ part }: Pick<EvalParameters, 'part'>): readonly SplitName[] {
  return part === 'all' ? SPLIT_NAMES : [part];
}

/** Nothing is held out: every row is in the split that the data put it in, or in that for training. */
export const nothingHeldOut = { validation: 0, test: 0 };

/** Seed of the resamples for the intervals. */
export const evaluationSeed = 0;

/** The error where the data hold nothing of what is to be measured, such as `text`. */
export function nothingFound(what: string, { data, part }: Pick<EvalParameters, 'data' | 'part'>): UserError {
  return new UserError(`no ${what} to measure with: ${data}`, {
    hint: part === 'all' ? undefined : `the data give nothing to the split ${part}: leave --part out`,
  });
}

export function measureLines(measures: readonly Measure[]): Evaluation['lines'] {
  return measures.map(({ name, estimate, low, high }) => [
    name,
    `${estimate.toFixed(4)} (95 % interval ${low.toFixed(4)} to ${high.toFixed(4)})`,
  ]);
}
