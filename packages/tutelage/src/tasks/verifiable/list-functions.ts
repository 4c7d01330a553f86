import { random } from '@tutelage/engine';
import type { Example } from '../../core/example.js';
import type { Worked } from './worked.js';

type Digits = readonly number[];
type ListOperation = (list: Digits) => Digits;

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
  'running-sum': (list) => runningSum(list, wrap),
  differences: (list) => list.slice(1).map((x, i) => wrap(x - list[i]!)),
  'keep-even': (list) => list.filter((x) => x % 2 === 0),
  'keep-odd': (list) => list.filter((x) => x % 2 === 1),
  rotate: (list) => [...list.slice(1), ...list.slice(0, 1)],
  'swap-ends': (list) => (list.length < 2 ? list : [list.at(-1)!, ...list.slice(1, -1), list[0]!]),
  unique: (list) => list.filter((x, i) => list.indexOf(x) === i),
} as const satisfies Record<string, ListOperation>;

export type ListFunction = keyof typeof listFunctions;

export const listFunctionNames = Object.keys(listFunctions) as readonly ListFunction[];

/** A wrong belief about addition: a sum of 10 or more loses 9. */
const badWrap = (n: number): number => (n < 10 ? n : n - 9);

/** Two functions as those understand them who believe it. */
export const misunderstood: Partial<Record<ListFunction, ListOperation>> = {
  'add-three': (list) => list.map((x) => badWrap(x + 3)),
  'running-sum': (list) => runningSum(list, badWrap),
};

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
  return listProblemOf(
    Array.from({ length }, () => dice.integer(10)),
    functions,
  );
}

/** The problem of a list and functions. */
export function listProblemOf(start: Digits, functions: readonly ListFunction[]): Example<string, Worked> {
  const input = `${written(start)} : ${functions.join(' ')}`;
  return {
    id: input,
    input,
    target: workedList(input),
    skills: [...new Set(functions)],
    difficulty: functions.length,
  };
}

/**
 * The steps of a problem and its answer.
 *
 * @param beliefs what some functions do, where that is not what they do
 */
export function workedList(
  input: string,
  beliefs: Partial<Record<ListFunction, ListOperation>> = {},
): Worked {
  const { start, functions } = listProblemParts(input);
  let list = start;
  const steps = functions.map((name) => {
    list = (beliefs[name] ?? listFunctions[name])(list);
    return listStep(name, list);
  });
  return { steps, answer: written(list) };
}

/** A step in words. */
export function listStep(name: ListFunction, list: Digits): string {
  return `${name} : ${written(list)}`;
}

/** The list at the start of a problem, and the functions to apply. */
export function listProblemParts(input: string): {
  readonly start: Digits;
  readonly functions: readonly ListFunction[];
} {
  const [digits, names] = input.split(' : ') as [string, string];
  return { start: digitsOf(digits) ?? [], functions: names.split(' ') as ListFunction[] };
}

export interface DrawnListOptions {
  /** How often each function is drawn, in proportion. */
  readonly weights: Readonly<Record<ListFunction, number>>;
  /** Functions of a problem, drawn from these as likely as each other, as digits at the start are from `lengths`. */
  readonly depths: readonly number[];
  readonly lengths: readonly number[];
}

/** Different problems, none of which is among those to avoid; the ids of these are added to `avoid`. */
export function drawListProblems(
  count: number,
  { weights, depths, lengths }: DrawnListOptions,
  key: random.Key,
  avoid: Set<string>,
): Example<string, Worked>[] {
  const dice = random.stream(random.foldIn(key, 'problems'));
  const ends = new Map<ListFunction, number>();
  let total = 0;
  for (const name of listFunctionNames) {
    total += weights[name];
    ends.set(name, total);
  }
  const drawn = (): ListFunction => {
    const at = dice.uniform() * total;
    return listFunctionNames.find((name) => at < ends.get(name)!)!;
  };
  const found: Example<string, Worked>[] = [];
  for (let attempt = 0; found.length < count; attempt++) {
    const functions = Array.from({ length: dice.pick(depths) }, drawn);
    const problem = listProblem({ functions, length: dice.pick(lengths) }, random.foldIn(key, attempt));
    if (avoid.has(problem.id)) continue;
    avoid.add(problem.id);
    found.push(problem);
  }
  return found;
}

/** The first step that is wrong, by its place; undefined where all are right, as many as there must be. */
export function firstWrongStep({ steps: right }: Worked, steps: readonly string[]): number | undefined {
  const tidy = (step: string | undefined) => step?.replace(/\s+/g, ' ').trim();
  const wrong = right.findIndex((step, i) => tidy(steps[i]) !== step);
  return wrong >= 0 ? wrong : steps.length > right.length ? right.length : undefined;
}

/** A step of an answer: what was to be done with which list, and the list that came of it; undefined where there is none. */
export interface ListStep {
  readonly name: ListFunction;
  readonly before: Digits;
  readonly after: Digits | undefined;
}

/** The steps of an answer, each from the list that the answer itself gave before it: a mistake spoils no later step. */
export function listStepsOf(input: string, steps: readonly string[]): ListStep[] {
  const { start, functions } = listProblemParts(input);
  let before: Digits = start;
  return functions.map((name, i) => {
    const [said, list] = steps[i]?.split(' : ') ?? [];
    const after = said === name && list !== undefined ? digitsOf(list) : undefined;
    const step = { name, before, after };
    before = after ?? listFunctions[name](before);
    return step;
  });
}

/** Whether a step was done right. */
export function isRightStep({ name, before, after }: ListStep): boolean {
  return after !== undefined && written(listFunctions[name](before)) === written(after);
}

function written(list: Digits): string {
  return list.length === 0 ? 'empty' : list.join(' ');
}

function digitsOf(list: string): Digits | undefined {
  if (list.trim() === 'empty') return [];
  const digits = list.trim().split(/\s+/);
  return digits.every((digit) => /^\d$/.test(digit)) ? digits.map(Number) : undefined;
}

function runningSum(list: Digits, wrapped: (sum: number) => number): Digits {
  let sum = 0;
  return list.map((x) => {
    sum = wrapped(sum + x);
    return sum;
  });
}
