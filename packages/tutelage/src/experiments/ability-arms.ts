import { mean } from '../assessment/checks.js';
import type { Arm } from '../core/claim.js';
import { type AbilityWorldOptions, abilityWorld, type Stage } from './ability-world.js';

/** A wider student, for whom the general ability is easy. */
export const wide = { width: 128, easy: true } as const;

export interface AbilityPlan {
  readonly id: string;
  readonly title: string;
  readonly stages: readonly Stage[];
  readonly wide?: boolean;
  /** Passes of each stage, where they are not the world's. */
  readonly passes?: number;
  /** Divides the learning rate of the second stage. */
  readonly slower?: number;
}

const special: Stage = { A: 1, B: 1 };
const everything: Stage = { ...special, G: 1 };
const withReplay = (k: number): readonly Stage[] => [special, { A: k, B: k, G: 1 }];
const dmt = (below: number): AbilityPlan => ({
  id: `dmt-${below}`,
  title: `DMT, ${below === 1 ? 'all' : `1/${below}`} of A and B again`,
  stages: withReplay(1 / below),
});
export const abilityPlans: readonly AbilityPlan[] = [
  { id: 'only-a', title: 'A alone', stages: [{ A: 1 }] },
  { id: 'only-b', title: 'B alone', stages: [{ B: 1 }] },
  { id: 'only-g', title: 'G alone', stages: [{ G: 1 }] },
  { id: 'multi', title: 'all together', stages: [everything] },
  // As many updates as DMT with all of A and B again.
  { id: 'multi-longer', title: 'all together, for longer', stages: [everything], passes: 15 },
  { id: 'sequential', title: 'A, then B, then G', stages: [{ A: 1 }, { B: 1 }, { G: 1 }] },
  { id: 'mixed', title: 'A and B, then G', stages: [special, { G: 1 }] },
  {
    id: 'mixed-slower',
    title: 'A and B, then G at a quarter of the rate',
    stages: [special, { G: 1 }],
    slower: 4,
  },
  ...[256, 64, 16, 4, 1].map(dmt),
  { id: 'wide-multi', title: 'wide student, easy G: all together', stages: [everything], wide: true },
  {
    id: 'wide-mixed',
    title: 'wide student, easy G: A and B, then G',
    stages: [special, { G: 1 }],
    wide: true,
  },
  { id: 'wide-dmt-256', title: 'wide student, easy G: DMT 1/256', stages: withReplay(1 / 256), wide: true },
];

/** One arm for each plan. */
export function abilityArms(options: AbilityWorldOptions): Arm[] {
  return abilityPlans.map((plan) => ({
    id: plan.id,
    title: plan.title,
    async run(seed, signal) {
      const place = abilityWorld({ ...options, ...(plan.wide && wide) }, seed);
      const { passes = options.passes, slower = 1 } = plan;
      let now = place.start;
      for (const [i, stage] of plan.stages.entries()) {
        if (signal.aborted) break;
        const learningRate = i === 0 ? options.learningRate : options.learningRate / slower;
        now = await place.teach(now, stage, { passes, learningRate });
      }
      const { A, B, G } = await place.scores(now);
      await place.dispose();
      return { value: mean([A, B]), figures: { A, B, G } };
    },
  }));
}
