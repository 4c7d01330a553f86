import type { random } from '@tutelage/engine';

/** A skill divided into subskills, and how its teaching went (DataEnvGym, skill-tree level). */
export interface SkillTree {
  /** Items to be written for each subskill in every round. */
  readonly allocations: ReadonlyMap<string, number>;
  /** Items written for each subskill so far. */
  readonly written: ReadonlyMap<string, number>;
  /** Accuracy on the validation items of the skill: before any teaching, and after each round. */
  readonly accuracies: readonly number[];
}

/** Adds subskills with so many items each, or changes the items of those that there are. */
export type TreeAction =
  | { readonly kind: 'explore'; readonly subskills: number; readonly items: number }
  | { readonly kind: 'exploit'; readonly changes: ReadonlyMap<string, number> };

export const treePolicies = ['reward', 'threshold', 'alternating', 'fill', 'random'] as const;
export type TreePolicy = (typeof treePolicies)[number];

const unchanged: TreeAction = { kind: 'exploit', changes: new Map() };
const exploredAtOnce = 2;
const worthwhile = 0.01;

/** How much a skill's accuracy rose in the last round; undefined before there was one. */
export function lastReward({ accuracies }: SkillTree): number | undefined {
  return accuracies.length < 2 ? undefined : accuracies.at(-1)! - accuracies.at(-2)!;
}

/**
 * What a policy does with a skill:
 * - `reward` explores first and keeps the subskills; how many items the whole skill gets is decided by its reward;
 * - `threshold` gives more items where the last round helped, and explores where it did not;
 * - `alternating` explores, and writes the same again;
 * - `fill` explores up to a number of subskills, then gives most to those that have least;
 * - `random` explores or moves items by chance.
 *
 * @param options.items a skill's share of a round
 * @param options.most subskills of a skill
 */
export function treeAction(
  policy: TreePolicy,
  tree: SkillTree,
  { items, most, dice }: { readonly items: number; readonly most: number; readonly dice: random.Stream },
): TreeAction {
  const { allocations, written } = tree;
  const room = most - allocations.size;
  const each = Math.max(1, Math.round(items / exploredAtOnce));
  const explore = (subskills: number): TreeAction =>
    room > 0 ? { kind: 'explore', subskills: Math.min(subskills, room), items: each } : unchanged;
  const move = (change: (name: string) => number): TreeAction => ({
    kind: 'exploit',
    changes: new Map([...allocations.keys()].map((name) => [name, change(name)])),
  });
  if (allocations.size === 0) return explore(exploredAtOnce);
  switch (policy) {
    case 'reward':
      return unchanged;
    case 'threshold':
      return lastReward(tree)! > worthwhile ? move(() => Math.ceil(each / 3)) : explore(exploredAtOnce);
    case 'alternating':
      return tree.accuracies.length % 2 === 1 ? explore(exploredAtOnce) : unchanged;
    case 'fill': {
      if (room > 0) return explore(exploredAtOnce);
      const fullest = Math.max(...written.values());
      return move((name) => fullest - (written.get(name) ?? 0) + 1 - allocations.get(name)!);
    }
    case 'random':
      return dice.uniform() < 0.5 ? explore(exploredAtOnce) : move(() => dice.integer(2 * each + 1) - each);
  }
}

/**
 * Allocations after an action; none falls below 0.
 *
 * @param names of the subskills that were found
 */
export function afterAction(
  allocations: SkillTree['allocations'],
  action: TreeAction,
  names: readonly string[],
): Map<string, number> {
  if (action.kind === 'explore') {
    const added = names.slice(0, action.subskills).map((name) => [name, action.items] as const);
    return new Map([...allocations, ...added]);
  }
  const { changes } = action;
  return new Map(
    [...allocations].map(([name, items]) => [name, Math.max(0, items + (changes.get(name) ?? 0))]),
  );
}
