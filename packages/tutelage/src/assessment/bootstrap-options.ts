import { random } from '@tutelage/engine';
import type { BootstrapOptions } from './bootstrap.js';

/** Resamples for a report. The time stays bounded: from 5000 examples on, more examples mean fewer resamples. */
export function bootstrapOptions(examples: number, seed: number): BootstrapOptions {
  const resamples = Math.min(2000, Math.max(200, Math.round(1e7 / examples)));
  return { key: random.foldIn(random.key(seed), 'assessment'), resamples };
}
