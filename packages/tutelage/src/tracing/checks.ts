import { auc } from '../assessment/auc.js';
import { mean } from '../assessment/checks.js';
import { countRows, type Interactions } from '../tasks/interactions/index.js';

/** What may make an AUC too good, or tells that it is not. */
export interface LeakReport {
  /** Share of answers with several concepts; each counts once, by the mean of estimates made before it. */
  readonly severalConcepts: number;
  /** Share of answers that were given together with others, none of which sees another. */
  readonly together: number;
  /** Share of tested answers to questions that no training learner answered. */
  readonly unseenQuestions: number;
  /** How often neighbouring answers to different concepts are alike, and those to the same concept. */
  readonly alikeAcross: number;
  readonly alikeWithin: number;
  readonly warnings: readonly string[];
}

/** By so much more alike, neighbours of different concepts are probably one answer, told once for each of its concepts. */
const suspicious = 0.05;
/** Fewer neighbours show nothing. */
const fewestNeighbours = 500;

/** Looks for what lets an estimate see the answer: see Liu et al. (2022, section 3.3) on expanded rows. */
export function leaksOf(data: Interactions, train: Int32Array, test: Int32Array): LeakReport {
  const { offsets, question, conceptSet, conceptSets, response, first } = data;
  const trained = new Set<number>();
  for (const u of train) {
    for (let row = offsets[u]!; row < offsets[u + 1]!; row++) trained.add(question[row]!);
  }
  let unseen = 0;
  for (const u of test) {
    for (let row = offsets[u]!; row < offsets[u + 1]!; row++) if (!trained.has(question[row]!)) unseen += 1;
  }
  const alike = { across: [0, 0], within: [0, 0] };
  for (let u = 0; u < data.learners.length; u++) {
    for (let row = offsets[u]! + 1; row < offsets[u + 1]!; row++) {
      const counts = conceptSet[row] === conceptSet[row - 1] ? alike.within : alike.across;
      counts[0]! += response[row] === response[row - 1] ? 1 : 0;
      counts[1]! += 1;
    }
  }
  const shareOf = ([part, whole]: number[]) => (whole! > 0 ? part! / whole! : 0);
  const [alikeAcross, alikeWithin] = [shareOf(alike.across), shareOf(alike.within)];
  const rows = Math.max(1, response.length);
  const several = conceptSet.reduce((n, set) => n + (conceptSets[set]!.length > 1 ? 1 : 0), 0);
  const together = first.reduce((n, f, row) => n + (f !== row || first[row + 1] === row ? 1 : 0), 0);
  return {
    severalConcepts: several / rows,
    together: together / rows,
    unseenQuestions: unseen / Math.max(1, countRows(data, test)),
    alikeAcross,
    alikeWithin,
    warnings:
      alikeAcross > alikeWithin + suspicious &&
      Math.min(alike.across[1]!, alike.within[1]!) >= fewestNeighbours
        ? [
            'neighbouring answers to different concepts are alike more often than those to the same concept: the file may tell one answer once for each of its concepts, which makes AUC too good',
          ]
        : [],
  };
}

/** A quarter of the tested answers, from early to late. */
export interface DriftPart {
  readonly answers: number;
  /** Share of right answers, and the mean chance that was given to them. */
  readonly right: number;
  readonly expected: number;
  /** Undefined where all answers are alike. */
  readonly auc: number | undefined;
}

const parts = 4;

/**
 * How estimates fare from early to late: by the time of answering where it is known, otherwise by the place in each learner's answers.
 *
 * @param chances as a tracer predicts them
 */
export function driftOf(data: Interactions, learners: Int32Array, chances: Float32Array): DriftPart[] {
  const rows: { readonly at: number; readonly right: number; readonly chance: number }[] = [];
  for (const u of learners) {
    const begin = data.offsets[u]!;
    for (let row = begin; row < data.offsets[u + 1]!; row++) {
      const chance = chances[rows.length]!;
      rows.push({ at: data.time?.[row] ?? row - begin, right: data.response[row]!, chance });
    }
  }
  rows.sort((a, b) => a.at - b.at);
  return Array.from({ length: parts }, (_, i) => {
    const own = rows.slice(
      Math.floor((i * rows.length) / parts),
      Math.floor(((i + 1) * rows.length) / parts),
    );
    const right = own.map((row) => row.right);
    const chance = own.map((row) => row.chance);
    const mixed = right.includes(0) && right.includes(1);
    return {
      answers: own.length,
      right: own.length > 0 ? mean(right) : 0,
      expected: own.length > 0 ? mean(chance) : 0,
      auc: mixed ? auc(right, chance) : undefined,
    };
  });
}
