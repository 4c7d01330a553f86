import type { Arm } from '../core/claim.js';
import { type GuidedWorld, type GuidedWorldOptions, guidedWorld, type Learned } from './guided-world.js';

/** A way of teaching the student of a world. */
export type Way = (own: GuidedWorld) => Promise<Pick<Learned, 'model'> & Partial<Learned>>;

/** Arms that teach the same student of each seed, each in its way, and measure success in one of 8 tries. */
export function guidedArms(
  options: GuidedWorldOptions,
  ways: Readonly<Record<string, readonly [title: string, way: Way]>>,
): Arm[] {
  // Arms of a seed follow each other, and share its world.
  let known: { readonly seed: number; readonly own: Promise<GuidedWorld> } | undefined;
  return Object.entries(ways).map(([id, [title, way]]) => ({
    id,
    title,
    async run(seed) {
      if (known?.seed !== seed) known = { seed, own: guidedWorld(options, seed) };
      const own = await known.own;
      const { model, fall = 0, used = {} } = await way(own);
      const { passAt8, ...figures } = await own.measure(model);
      const solutions = Object.values(used).reduce((a, b) => a + b, 0);
      const shares = Object.entries(used).map(([style, count]) => [
        `used ${style}`,
        solutions > 0 ? count / solutions : 0,
      ]);
      return { value: passAt8, figures: { ...figures, fall, solutions, ...Object.fromEntries(shares) } };
    },
  }));
}
