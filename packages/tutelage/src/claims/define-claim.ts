import type { Arm, Claim, Part } from '../core/claim.js';
import type { Json } from '../core/curriculum.js';
import type { PublicDatasetName } from '../tasks/datasets/index.js';

/** A claim with all that its reproduction needs and records. */
export interface StatedClaim extends Claim {
  /** The public data sets that it reads, whose files are checked by their hashes. */
  readonly data: readonly PublicDatasetName[];
  /** All settings of the experiment. */
  readonly settings: Json;
  /** The same arms with so little work that each takes seconds, for smoke runs. */
  readonly quickArms: readonly Arm[];
}

/** The name of a claim and of its record: the method's id, and the experiment's where that is not the first. */
export function claimId({ method, experiment }: Pick<Claim, 'method' | 'experiment'>): string {
  return experiment === undefined ? method : `${method}-${experiment}`;
}

/** A further comparison by the claim's own metric. */
export function part(arm: string, against: string, least: number, statement: string): Part {
  return { statement, arm, against, least };
}

const leastSeeds = 5;

/**
 * States a claim.
 *
 * @throws {RangeError} for a claim that could not be judged: fewer than five seeds, seeds or arms that occur twice, an arm to judge
 *   that is not among the arms, an effect or budget that is not positive, or quick arms that are not the arms
 */
export function defineClaim(claim: StatedClaim): StatedClaim {
  const fail = (problem: string): never => {
    throw new RangeError(`claim of ${claimId(claim)}: ${problem}`);
  };
  const ids = claim.arms.map(({ id }) => id);
  const repeated = ids.find((id, i) => ids.indexOf(id) !== i);
  if (repeated !== undefined) fail(`two arms have one name: ${repeated}`);
  for (const id of [claim.arm, claim.against]) {
    if (!ids.includes(id)) fail(`no such arm: ${id}; there are ${ids.join(', ')}`);
  }
  if (claim.arm === claim.against) fail(`an arm can't be compared with itself: ${claim.arm}`);
  if (claim.quickArms.map(({ id }) => id).join() !== ids.join()) fail('the quick arms are not the arms');
  if (claim.seeds.length < leastSeeds) fail(`too few seeds: ${claim.seeds.length}; ${leastSeeds} or more`);
  if (!claim.seeds.every(Number.isSafeInteger)) fail(`seeds must be integers: ${claim.seeds.join(', ')}`);
  if (new Set(claim.seeds).size < claim.seeds.length) fail(`a seed occurs twice: ${claim.seeds.join(', ')}`);
  if (!(claim.smallestEffect > 0 && Number.isFinite(claim.smallestEffect))) {
    fail(`the smallest effect must be positive: ${claim.smallestEffect}`);
  }
  for (const { arm, against, least } of claim.parts ?? []) {
    const unknown = [arm, against].find((id) => !ids.includes(id));
    if (unknown !== undefined) fail(`no such arm: ${unknown}; there are ${ids.join(', ')}`);
    if (arm === against) fail(`an arm can't be compared with itself: ${arm}`);
    if (!Number.isFinite(least)) fail(`the least lead of a part must be a number: ${least}`);
  }
  if (!(claim.budget > 0)) fail(`the budget must be positive: ${claim.budget}`);
  return claim;
}
