import type { Arm } from '../core/claim.js';
import {
  type FidelityLesson,
  type FidelityReport,
  type FidelityWorldOptions,
  fidelityWorld,
} from './fidelity-world.js';
import { latest } from './latest.js';

/** A student of a width and how it is taught; without a lesson the teacher itself. */
export type FidelityWay = {
  readonly id: string;
  readonly title: string;
  readonly width: number;
  readonly lesson?: FidelityLesson;
};

/** A teacher's logits on the traces that were given, as they are. */
export const plainDistillation: FidelityLesson = {
  loss: 'forward',
  text: 'gold',
  temperature: 1,
  noise: 0,
  untaught: false,
};

/** Arms of ways, measured by a figure of the report. `lost` is what plain distillation of a student of this width has more accuracy. */
export function fidelityArms(
  ways: readonly FidelityWay[],
  figure: keyof FidelityReport,
  options: FidelityWorldOptions,
): Arm[] {
  const worlds = latest((seed) => fidelityWorld(options, seed));
  return ways.map(({ id, title, width, lesson }) => ({
    id,
    title,
    async run(seed, signal) {
      const world = await worlds(seed);
      const params = lesson ? await world.teach(width, lesson, signal) : world.teacher;
      const report = await world.assess(params);
      const plain = await world.assess(await world.teach(width, plainDistillation, signal));
      return { value: report[figure], figures: { ...report, lost: plain.accuracy - report.accuracy } };
    },
  }));
}
