import type { Arm, Measured } from '../core/claim.js';
import { type TutorLesson, type TutorReport, type TutorWorldOptions, tutorWorld } from './tutor-world.js';

/** A way on from the fine-tuned tutor; of several lessons the one that gets most turns right in validation. */
export type TutorWay = {
  readonly id: string;
  readonly title: string;
  readonly lessons: readonly TutorLesson[];
};

export interface TutorScale {
  readonly world: TutorWorldOptions;
  readonly passes: number;
  /** Of each lesson; of several the one that gets most turns right in validation. */
  readonly learningRates: readonly number[];
  readonly validation: number;
  readonly test: number;
}

/** Arms of ways, measured by a figure of the report on new turns; the other figures are recorded. */
export function tutorArms(ways: readonly TutorWay[], figure: 'joint' | 'tells', scale: TutorScale): Arm[] {
  return ways.map(({ id, title, lessons }) => ({
    id,
    title,
    async run(seed, signal): Promise<Measured> {
      const world = await tutorWorld(scale.world, seed);
      const rated = lessons.flatMap((lesson) =>
        scale.learningRates.map((learningRate) => ({ lesson, learningRate })),
      );
      const validation = world.turns('validation', scale.validation);
      let best = { joint: -1, policy: world.start, rate: 0 };
      for (const { lesson, learningRate } of rated) {
        if (signal.aborted) break;
        const policy = await world.teach(lesson, { passes: scale.passes, learningRate });
        const joint = rated.length === 1 ? 0 : (await world.assess(policy, validation)).joint;
        if (joint > best.joint) best = { joint, policy, rate: learningRate };
      }
      const report = await world.assess(best.policy, world.turns('test', scale.test));
      const agreed = await world.assess(best.policy, world.agreed);
      await world.dispose();
      const figures = {
        ...figuresOf(report),
        agreed: agreed.joint,
        pairs: world.pairs.length,
        rate: best.rate,
      };
      return { value: figures[figure], figures };
    },
  }));
}

/** Those of a report on so many turns that nothing of them is missing. */
function figuresOf({ joint, f1, tells, withholds, margin, broken }: TutorReport) {
  const nothing = Number.NaN;
  return {
    joint,
    f1,
    tells: tells ?? nothing,
    withholds: withholds ?? nothing,
    margin: margin ?? nothing,
    broken,
  };
}
