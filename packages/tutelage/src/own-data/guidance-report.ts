import type { Metrics } from '../runs/metrics.js';
import { type SolutionGuidance, usedBySource } from '../students/guidance.js';
import type { GuidedQuestion } from './own-guidance.js';

/** Solutions that were never understood better than this are listed. */
const notUnderstood = 0.05;

/** What became of stored solutions in a training. */
export interface GuidanceReport {
  /** How often solutions of each source helped. */
  readonly used: Readonly<Record<string, number>>;
  /** Solutions that the student looked at, and gave the true answer a probability below 0.05 each time. */
  readonly neverUnderstood: readonly { readonly question: string; readonly source: string }[];
}

/** @param steps the metrics of the training, step by step */
export function guidanceReport(
  questions: readonly GuidedQuestion[],
  guidance: Pick<SolutionGuidance, 'understood'>,
  steps: readonly Metrics[],
): GuidanceReport {
  const best = guidance.understood();
  return {
    used: usedBySource(steps),
    neverUnderstood: questions.flatMap(({ id, solutions }, q) =>
      solutions
        .filter((_, i) => best[q]![i]! >= 0 && best[q]![i]! < notUnderstood)
        .map(({ source }) => ({ question: id, source })),
    ),
  };
}

export function guidanceLines({ used, neverUnderstood }: GuidanceReport): string[] {
  const bySource = Object.entries(used).map(([source, count]) => `${source} ${count}`);
  return [
    `solutions used: ${bySource.join(', ') || 'none'}`,
    `solutions never understood: ${neverUnderstood.length}`,
  ];
}
