import { random } from '@tutelage/engine';
import type { SkillMistake } from './skill-profile.js';

/** Examples by the skills that they exercise: their positions. */
export type SkillMap = ReadonlyMap<string, readonly number[]>;

export function skillMap(skillsOf: readonly (readonly string[])[]): SkillMap {
  const map = new Map<string, number[]>();
  skillsOf.forEach((skills, at) => {
    for (const skill of new Set(skills)) {
      const own = map.get(skill);
      if (own) own.push(at);
      else map.set(skill, [at]);
    }
  });
  return map;
}

/** A skill that a mistake missed, and examples of it. */
export interface SkillNeed {
  readonly question: string;
  readonly skill: string;
  /** Positions of different examples; none where no example has the skill. */
  readonly examples: readonly number[];
}

/**
 * Draws examples for every mistake and skill that it missed (STAT, stage 3): what is missed often gets more of them, in proportion, and
 * no mistake more than its share.
 *
 * @param each examples for a mistake and skill, fewer where there are not so many
 */
export function examplesForMistakes(
  mistakes: readonly SkillMistake[],
  map: SkillMap,
  each: number,
  key: random.Key,
): SkillNeed[] {
  const dice = random.stream(key);
  return mistakes.flatMap(({ question, missing }) =>
    missing.map((skill) => ({ question, skill, examples: someOf(map.get(skill) ?? [], each, dice) })),
  );
}

/** So many of some things: all as often as each other, but for a rest drawn at random. */
export function exactly<T>(things: readonly T[], count: number, key: random.Key): T[] {
  if (things.length === 0) return [];
  const found: T[] = [];
  for (let pass = 0; found.length < count; pass++) {
    found.push(
      ...random
        .stream(random.foldIn(key, pass))
        .shuffle(things)
        .slice(0, count - found.length),
    );
  }
  return found;
}

/**
 * The answers that agree with each other: the largest group of equal ones, the first of such, if it has so many.
 *
 * @returns their positions; none without such a group
 */
export function consistent<T>(
  answers: readonly T[],
  least: number,
  same: (a: T, b: T) => boolean = Object.is,
): number[] {
  const groups = answers.map((answer) => answers.flatMap((other, at) => (same(answer, other) ? [at] : [])));
  const best = groups.reduce((a, b) => (b.length > a.length ? b : a), []);
  return best.length >= least ? best : [];
}

function someOf(things: readonly number[], count: number, dice: random.Stream): number[] {
  if (things.length <= count) return [...things];
  const found = new Set<number>();
  while (found.size < count) found.add(dice.pick(things));
  return [...found];
}
