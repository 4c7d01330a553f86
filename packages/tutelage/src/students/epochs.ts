export interface Steps {
  readonly batchSize: number;
  /** Updates that a training should have. */
  readonly steps: number;
  /** Fewest and most passes over the data, whatever its size. */
  readonly least: number;
  readonly most: number;
}

/** Passes over some examples that make a number of steps: few examples are gone through more often. */
export function epochsFor(examples: number, { batchSize, steps, least, most }: Steps): number {
  const stepsAnEpoch = Math.max(1, Math.floor(examples / batchSize));
  return Math.min(most, Math.max(least, Math.ceil(steps / stepsAnEpoch)));
}
