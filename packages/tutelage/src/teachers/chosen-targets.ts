import { type random, type Tensor, tensor } from '@tutelage/engine';
import { dynamicWeights, normalisedEntropy, type WeightRule } from '../curricula/dynamic-weights.js';
import type { AnchorSeen } from './contrast-log.js';
import type { Direction } from './ordered-candidates.js';
import type { PairScorer } from './pair-scorer.js';
import { type Selector, selectedCandidates } from './selected-candidates.js';

export interface ChosenOptions {
  readonly selector: Selector;
  readonly candidates: number;
  readonly weights: WeightRule;
  /** Of the student, and of the teacher. */
  readonly temperature: number;
  readonly teacherTemperature: number;
}

/** Of n anchors, each with its answer and k wrong candidates. */
export interface ChosenTargets {
  readonly targets: {
    /** The answer first, [n, 1 + k]. */
    readonly candidates: Tensor;
    /** The teacher's scores of them by its temperature, [n, 1 + k]. */
    readonly teacher: Tensor;
    /** How much each anchor counts, [n]. */
    readonly weights: Tensor;
  };
  readonly anchors: readonly AnchorSeen[];
  /** Pairs that the teacher was asked for. */
  readonly scored: number;
}

/**
 * Chooses candidates of a direction, and weighs its anchors by how sure the teacher and the student are of them.
 *
 * @param cosines the student's, [anchors, candidates]
 */
export async function chosenTargets(
  direction: Direction,
  cosines: Float32Array,
  teacher: PairScorer,
  settings: ChosenOptions,
  context: { readonly key: random.Key; readonly signal: AbortSignal },
): Promise<ChosenTargets> {
  const selected = await selectedCandidates(direction, cosines, teacher, settings, context);
  const { lists, scored } = selected;
  const teachers = selected.teacher.map((scores) =>
    scores.map((score) => score / settings.teacherTemperature),
  );
  const students = lists.map((list, anchor) =>
    list.map((one) => cosines[anchor * direction.candidates + one]! / settings.temperature),
  );
  const [sure, unsure] = [teachers.map(normalisedEntropy), students.map(normalisedEntropy)];
  const weights = dynamicWeights(sure, unsure, settings.weights);
  const shape = [lists.length, lists[0]!.length];
  return {
    scored,
    anchors: lists.map((_, anchor): AnchorSeen => {
      const [answer, ...wrong] = selected.teacher[anchor]!;
      return {
        pair: direction.pairOf(anchor, direction.own[anchor]!),
        weight: weights[anchor]!,
        lead: answer! - Math.max(...wrong),
        teacherEntropy: sure[anchor]!,
        studentEntropy: unsure[anchor]!,
      };
    }),
    targets: {
      candidates: tensor(Int32Array.from(lists.flat()), shape),
      teacher: tensor(Float32Array.from(teachers.flat()), shape),
      weights: tensor(Float32Array.from(weights)),
    },
  };
}
