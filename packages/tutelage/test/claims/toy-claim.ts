import { defineClaim, type StatedClaim } from '../../src/claims/define-claim.js';
import type { Execute, Outcome, Trial } from '../../src/claims/trials.js';
import type { Arm } from '../../src/core/claim.js';

/** What the toy experiment gives: the method leads by 0.1, 0.11, 0.12, ... */
export function toyValue({ arm, seed }: Trial): number {
  return arm === 'method' ? 0.6 + seed / 100 : arm === 'worse' ? 0.4 : 0.5;
}

export const toyOutcome: Execute = async (trial): Promise<Outcome> => ({
  value: toyValue(trial),
  cpuSeconds: 0.5,
});

const arm = (id: string): Arm => ({
  id,
  title: `the ${id}`,
  run: async (seed) => toyValue({ arm: id, seed }),
});

export function toyClaim(changes: Partial<StatedClaim> = {}): StatedClaim {
  const arms = ['baseline', 'method', 'worse'].map(arm);
  return defineClaim({
    method: 'toy',
    statement: 'The method leads by 0.05.',
    metric: { name: 'share', better: 'higher' },
    arm: 'method',
    against: 'baseline',
    arms,
    quickArms: arms,
    seeds: [0, 1, 2, 3, 4],
    smallestEffect: 0.05,
    fails: 'The lead is smaller.',
    published: '0.2',
    budget: 1,
    data: [],
    settings: { size: 3 },
    ...changes,
  });
}
