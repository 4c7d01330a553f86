import { UserError } from '../core/errors.js';
import type { TextPair } from './pair-scorer.js';

/** What a pair was like when it was last in a batch, and how much it counted. */
export interface PairSeen {
  readonly pair: TextPair;
  /** By step. */
  readonly weights: { readonly step: number; readonly weight: number }[];
  /** How far the teacher puts the answer before the wrong candidate that it likes best. */
  lead: number;
}

/** Means over the anchors of a step. */
export interface StepSeen {
  readonly step: number;
  readonly teacherEntropy: number;
  readonly studentEntropy: number;
  /** Least and greatest weight. */
  readonly weights: readonly [number, number];
}

/** How a training by candidates went. */
export interface ContrastLog {
  /** Pairs that the teacher was asked for. */
  scored: number;
  anchors: number;
  /** Least and greatest normalised entropy of the teacher so far. */
  entropy: [number, number];
  readonly steps: StepSeen[];
  readonly pairs: Map<string, PairSeen>;
}

export function openContrastLog(): ContrastLog {
  return {
    scored: 0,
    anchors: 0,
    entropy: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    steps: [],
    pairs: new Map(),
  };
}

/** What one anchor of a batch was like. */
export interface AnchorSeen {
  readonly pair: TextPair;
  readonly weight: number;
  readonly lead: number;
  readonly teacherEntropy: number;
  readonly studentEntropy: number;
}

/** Adds the anchors of a step. */
export function logAnchors(log: ContrastLog, step: number, anchors: readonly AnchorSeen[]): void {
  const meanOf = (read: (anchor: AnchorSeen) => number) =>
    anchors.reduce((sum, anchor) => sum + read(anchor), 0) / anchors.length;
  const weights = anchors.map(({ weight }) => weight);
  log.steps.push({
    step: step + 1,
    teacherEntropy: meanOf((anchor) => anchor.teacherEntropy),
    studentEntropy: meanOf((anchor) => anchor.studentEntropy),
    weights: [Math.min(...weights), Math.max(...weights)],
  });
  log.anchors += anchors.length;
  for (const { pair, weight, lead, teacherEntropy } of anchors) {
    const key = pair.join(' ');
    const seen = log.pairs.get(key) ?? { pair, weights: [], lead };
    seen.weights.push({ step: step + 1, weight });
    seen.lead = lead;
    log.pairs.set(key, seen);
    log.entropy = [Math.min(log.entropy[0], teacherEntropy), Math.max(log.entropy[1], teacherEntropy)];
  }
}

const fewestAnchors = 200;
const [sure, clueless] = [0.01, 0.99];

/** @throws {UserError} when the teacher was sure of all anchors so far, or of none: its soft answers then teach nothing */
export function checkSoftness({ anchors, entropy: [least, greatest] }: ContrastLog): void {
  if (anchors < fewestAnchors) return;
  if (greatest < sure) {
    throw new UserError(
      `teacher saturated: normalised entropy at most ${greatest.toFixed(4)} on ${anchors} anchors`,
      {
        hint: 'raise teacherTemperature',
      },
    );
  }
  if (least > clueless) {
    throw new UserError(
      `teacher does not discriminate: normalised entropy at least ${least.toFixed(4)} on ${anchors} anchors`,
      { hint: 'lower teacherTemperature, or give another teacher' },
    );
  }
}
