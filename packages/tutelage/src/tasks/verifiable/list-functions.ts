import { random } from '@tutelage/engine';
import type { Example } from '../../core/example.js';
import type { Worked } from './worked.js';

type Digits = readonly number[];

/** Digits are whole numbers from 0 to 9; sums wrap around. */
const wrap = (n: number): number => ((n % 10) + 10) % 10;

/** Functions of lists of digits by name: the skills of the task. */
export const listFunctions = {
  reverse: (list) => list.toReversed(),
  sort: (list) => list.toSorted((a, b) => a - b),
  'sort-down': (list) => list.toSorted((a, b) => b - a),
  'drop-first': (list) => list.slice(1),
  'drop-last': (list) => list.slice(0, -1),
  'add-one': (list) => list.map((x) => wrap(x + 1)),
  'add-three': (list) => list.map((x) => wrap(x + 3)),
  double: (list) => list.map((x) => wrap(2 * x)),
  'nine-minus': (list) => list.map((x) => 9 - x),
  'running-sum': (list) => {
    let sum = 0;
    return list.map((x) => {
      sum = wrap(sum + x);
      return sum;
    });
  },
  differences: (list) => list.slice(1).map((x, i) => wrap(x - list[i]!)),
  'keep-even': (list) => list.filter((x) => x % 2 === 0),
  'keep-odd': (list) => list.filter((x) => x % 2 === 1),
  rotate: (list) => [...list.slice(1), ...list.slice(0, 1)],
  'swap-ends': (list) => (list.length < 2 ? list : [list.at(-1)!, ...list.slice(1, -1), list[0]!]),
  unique: (list) => list.filter((x, i) => list.indexOf(x) === i),
} as const satisfies Record<string, (list: Digits) => Digits>;

export type ListFunction = keyof typeof listFunctions;

export const listFunctionNames = Object.keys(listFunctions) as readonly ListFunction[];

export interface ListProblemOptions {
  /** Functions to apply, one after the other: the difficulty. */
  readonly functions: readonly ListFunction[];
  /** Digits of the list at the start. */
  readonly length: number;
}

/**
 * A list of digits to which functions are applied: `3 1 4 : reverse add-one`. Steps are the lists in between, each behind its function;
 * the answer is the last list.
 *
 * @param key of the digits
 */
export function listProblem(
  { functions, length }: ListProblemOptions,
  key: random.Key,
): Example<string, Worked> {
  const dice = random.stream(key);
  const start: Digits = Array.from({ length }, () => dice.integer(10));
  let list = start;
  const steps = functions.map((name) => {
    list = listFunctions[name](list);
    return `${name} : ${written(list)}`;
  });
  return {
    id: `${written(start)} : ${functions.join(' ')}`,
    input: `${written(start)} : ${functions.join(' ')}`,
    target: { steps, answer: written(list) },
    skills: [...new Set(functions)],
    difficulty: functions.length,
  };
}

/** The first step that is wrong, by its place; undefined where all are right, as many as there must be. */
export function firstWrongStep({ steps: right }: Worked, steps: readonly string[]): number | undefined {
  const tidy = (step: string | undefined) => step?.replace(/\s+/g, ' ').trim();
  const wrong = right.findIndex((step, i) => tidy(steps[i]) !== step);
  return wrong >= 0 ? wrong : steps.length > right.length ? right.length : undefined;
}

function written(list: Digits): string {
  return list.length === 0 ? 'empty' : list.join(' ');
}
