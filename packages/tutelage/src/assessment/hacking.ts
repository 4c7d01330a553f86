import { fitPowerLaw, residual } from './power-law.js';

/** Whose answers a student is taught on: the teacher's once, the teacher's drawn anew, or its own. */
export type AnswerSource = 'offline' | 'online teacher' | 'online student';

/** A student on its way: how far it is from its teacher and from the truth, on prompts that it does not learn from. */
export interface Checkpoint {
  readonly epoch: number;
  /** Distance from the teacher. */
  readonly proxy: number;
  /** Distance from the truth, where it is known. */
  readonly golden?: number;
}

/** By how much the distance from the truth has risen since its least, as a share of that. */
export function goldenRise(checkpoints: readonly Checkpoint[]): number {
  const golden = checkpoints.map((checkpoint) => checkpoint.golden ?? Number.NaN);
  return golden.at(-1)! / Math.min(...golden) - 1;
}

/** Epochs that the law is fitted to. */
const early = { from: 2, to: 30 };

/**
 * The first epoch at which the distance from the teacher has left the power law of its first epochs by more than `tolerance`: a sign of
 * teacher hacking that needs no truth (Tiapkin et al. 2025, section 4).
 *
 * @param tolerance in logarithms
 * @returns undefined where it keeps to the law, or has too few checkpoints to tell
 */
export function leavesPowerLaw(checkpoints: readonly Checkpoint[], tolerance = 0.15): number | undefined {
  const points = checkpoints.map(({ epoch, proxy }) => [epoch, proxy] as const);
  const fitted = points.filter(([epoch]) => epoch >= early.from && epoch <= early.to);
  if (fitted.length < 3) return undefined;
  const law = fitPowerLaw(fitted);
  return points.find((point) => point[0] > early.to && residual(law, point) > tolerance)?.[0];
}
