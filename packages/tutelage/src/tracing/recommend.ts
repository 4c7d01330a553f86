import { masteredFrom } from './bkt.js';

/**
 * What to practise next: of the items not yet mastered, the one with the lowest chance of a right answer from `floor` on, hard enough
 * to learn from and not hopeless; where all are below, the likeliest of them.
 *
 * @param chances of each item
 * @returns its place; undefined where all are mastered
 */
export function recommend(
  chances: ArrayLike<number>,
  floor = 0.4,
  mastered = masteredFrom,
): number | undefined {
  let chosen: number | undefined;
  for (let i = 0; i < chances.length; i++) {
    const [own, best] = [chances[i]!, chosen === undefined ? undefined : chances[chosen]!];
    if (own >= mastered) continue;
    const better =
      best === undefined || (own >= floor ? best < floor || own < best : best < floor && own > best);
    if (better) chosen = i;
  }
  return chosen;
}
