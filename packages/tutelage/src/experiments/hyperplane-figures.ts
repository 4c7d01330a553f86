import { mean } from '../assessment/checks.js';
import type { Measured } from '../core/claim.js';
import type { Round } from '../curricula/teaching-episode.js';
import type { HyperplaneItem, HyperplaneOptions, HyperplaneWorld } from './hyperplane-world.js';

export interface HyperplaneState {
  /** Accuracy by skill, on what the agent sees and on what it does not. */
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

/** What an episode came to: accuracy by round and by how often a skill was seen before, and what the items were spent on. */
export function hyperplaneFigures(
  { learnable }: HyperplaneWorld,
  { raised }: HyperplaneOptions,
  rounds: readonly Round<HyperplaneItem, HyperplaneState>[],
): Measured {
  const [first, last] = [rounds[0]!.state.test, rounds.at(-1)!.state.test];
  const items = rounds.flatMap((round) => round.items);
  const among = (of: (skill: number) => boolean) => items.filter(({ skill }) => of(skill)).length;
  const accuracies = rounds.map(({ state }) => mean(state.test.filter((_, skill) => learnable[skill])));
  const seen = [...new Set(raised)].flatMap((count) => {
    const isSuch = (skill: number) => raised[skill] === count && learnable[skill]!;
    const gains = last.map((after, skill) => after - first[skill]!).filter((_, skill) => isSuch(skill));
    const gain = gains.reduce((a, b) => a + b, 0);
    const spent = among(isSuch);
    return [
      [`gain of a skill seen ${count} times`, gain / gains.length],
      [`gain for 100 items, seen ${count} times`, spent === 0 ? 0 : (100 * gain) / spent],
    ] as const;
  });
  const hopeless = among((skill) => !learnable[skill]) / items.length;
  const commonest = among((skill) => raised[skill] === Math.max(...raised)) / items.length;
  return {
    value: accuracies.at(-1)!,
    figures: {
      before: accuracies[0]!,
      ...Object.fromEntries(accuracies.slice(1).map((accuracy, i) => [`round ${i + 1}`, accuracy])),
      'items for what can not be learned': hopeless,
      'ln of that share': Math.log(hopeless),
      'items for the commonest skills': commonest,
      ...Object.fromEntries(seen),
    },
  };
}
