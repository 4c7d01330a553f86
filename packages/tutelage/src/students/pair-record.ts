import type { Tensor, Value } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { argMax, logProbabilities } from '../assessment/probabilities.js';
import type { Fusion } from '../models/fusion.js';
import { type Gate, gateShares } from '../models/gate.js';
import type { Pairs } from '../tasks/modality-pairs.js';
import { constants } from './fit.js';
import type { Mixture } from './mixture-learner.js';
import { answersTo, logitsOf, overPairs, tableRows } from './pair-nets.js';
import { groupLogits, meanMasks, type TeacherGroup, type Way } from './specialists.js';

/** The way that the gate gives most to, for each pair, and how many ways there are. */
export interface Picks {
  readonly picks: readonly number[];
  readonly ways: number;
}

export async function picksOf(pairs: Pairs, { student, gate }: Mixture<Tensor>): Promise<Picks> {
  const shares = await overPairs(pairs, (batch) =>
    gateShares(constants<Gate<Value>>(gate), logitsOf('student', constants<Fusion<Value>>(student), batch)),
  );
  return { picks: tableRows(shares, pairs.count).map(argMax), ways: gate.out.weight.shape[0]! };
}

/** How often each way is picked: shares that add up to 1, or zeros where there is nothing to pick for. */
export function useOf({ picks, ways }: Picks): number[] {
  return Array.from(
    { length: ways },
    (_, way) => picks.filter((pick) => pick === way).length / Math.max(1, picks.length),
  );
}

/**
 * What a mixture came to, for the user: which ways were used, what masks leave, and where teachers and student part.
 *
 * @param group its teachers, frozen over these pairs
 */
export async function pairRecord(
  pairs: Pairs,
  labels: readonly string[],
  mixed: Mixture<Tensor>,
  group: TeacherGroup,
) {
  const { ways } = group;
  const picked = await picksOf(pairs, mixed);
  const byClass = labels.map((label, c) => {
    const own = picked.picks.filter((_, i) => pairs.classes[i] === c);
    return [label, useOf({ ...picked, picks: own })] as const;
  });
  const answers = await answersTo(pairs, mixed.student);
  const taught = tableRows(await groupLogits(group), pairs.count * ways.length);
  const wrong = answers.flatMap((own, i) => (argMax(own) === pairs.classes[i] ? [] : [i]));
  const drift = ways.map((_, w) => wrong.map((i) => divergence(taught[i * ways.length + w]!, answers[i]!)));
  const masks = await meanMasks(group);
  return {
    ways: ways.map(({ name }, w) => ({
      name,
      /** The mean factor of each output of the masked layer. */
      mask: masks[w]!,
      /** KL(teacher || student) on pairs that the student gets wrong, in nats. */
      drift: wrong.length > 0 ? mean(drift[w]!) : null,
    })),
    use: useOf(picked),
    useByClass: Object.fromEntries(byClass),
  };
}

function divergence(teacher: Float32Array, student: Float32Array): number {
  const [p, q] = [logProbabilities(teacher), logProbabilities(student)];
  return p.reduce((sum, log, i) => sum + Math.exp(log) * (log - q[i]!), 0);
}

/** What share of the pairs that `which` names is sent to a teacher of the other modality. */
export function shareToOther(
  { picks }: Picks,
  ways: readonly Way[],
  which: (position: number) => boolean,
): number {
  const own = picks.filter((_, i) => which(i));
  return mean(own.map((pick) => (ways[pick]!.role === 'auxiliary' ? 1 : 0)));
}
