import type { random } from '@tutelage/engine';
import type { DropTable, TraceStep } from '../tasks/traces.js';

/** How much of a trace is dropped: 0 nothing, 1 to 3 more and more, 4 all of it. */
export type DropLevel = 0 | 1 | 2 | 3 | 4;

/** Chances of levels 1 to 4; what is left of 1 is level 0. */
export type LevelChances = readonly [number, number, number, number];

/** What level 3 does. */
export interface ThirdLevel {
  /** Share of the steps that level 3 drops: between the two, drawn for each visit. */
  readonly rate: readonly [least: number, most: number];
  /** Level 3 keeps what disappears at level 2. */
  readonly keepsSecond: boolean;
}

/** As in the paper. */
export const paperThird: ThirdLevel = { rate: [0.3, 0.3], keepsSecond: false };
/** As in the code that was released for mazes. */
export const releasedThird: ThirdLevel = { rate: [0.1, 0.4], keepsSecond: true };

export interface Dropping extends ThirdLevel {
  readonly table: DropTable;
  readonly chances: LevelChances;
}

/** Draws a level. */
export function drawLevel(chances: LevelChances, dice: random.Stream): DropLevel {
  let left = dice.uniform();
  const found = chances.findIndex((chance) => {
    left -= chance;
    return left < 0;
  });
  return (found + 1) as DropLevel;
}

/**
 * What a level leaves of a trace (Su et al. 2024, "Dualformer"): groups disappear at the levels that the table tells, at
 * level 3 each step by chance.
 *
 * @returns the contents of the parts that are left, in their order, by step
 * @throws {RangeError} for a group that the table does not have
 */
export function leaveOut<T>(
  steps: readonly TraceStep<T>[],
  level: DropLevel,
  { table, rate: [least, most], keepsSecond }: Omit<Dropping, 'chances'>,
  dice: random.Stream,
): T[][] {
  if (level === 4) return [];
  const rate = least + (most - least) * dice.uniform();
  const goes = (group: string): boolean => {
    const own = table[group];
    if (own === undefined) throw new RangeError(`no such group in the drop table: ${group}`);
    if (own > level) return false;
    if (own === 3) return dice.uniform() < rate;
    return !(own === 2 && level === 3 && keepsSecond);
  };
  return steps
    .filter(({ group }) => !goes(group))
    .map(({ parts }) =>
      parts.filter(({ group }) => group === undefined || !goes(group)).map(({ content }) => content),
    );
}
