import type { random } from '@tutelage/engine';
import type { Example } from '../../core/example.js';
import {
  type ListFunction,
  listFunctions,
  listProblemOf,
  listProblemParts,
  listStep,
} from './list-functions.js';
import type { Worked } from './worked.js';

type ListProblem = Example<string, Worked>;

/**
 * A new problem after the model of some: the functions of one of them, of which all but the skill may give way to functions of the
 * others, on a new list.
 */
export function problemLike(
  models: readonly ListProblem[],
  skill: ListFunction,
  dice: random.Stream,
): ListProblem {
  const parts = models.map(({ input }) => listProblemParts(input));
  const { start, functions } = dice.pick(parts);
  const others = parts.flatMap((own) => own.functions);
  const chosen = functions.map((name) => (name === skill ? name : dice.pick(others)));
  const kept = chosen.includes(skill) ? chosen : [skill, ...chosen.slice(1)];
  return listProblemOf(
    start.map(() => dice.integer(10)),
    kept,
  );
}

/** A solution by a teacher who makes slips: with probability `slip`, a digit of a step is another, and the steps after it go on from there. */
export function solutionWithSlips(input: string, slip: number, dice: random.Stream): Worked {
  const { start, functions } = listProblemParts(input);
  let list = start;
  const steps = functions.map((name) => {
    list = listFunctions[name](list);
    if (dice.uniform() < slip && list.length > 0) {
      const at = dice.integer(list.length);
      const by = 1 + dice.integer(9);
      list = list.map((x, i) => (i === at ? (x + by) % 10 : x));
    }
    return listStep(name, list);
  });
  return { steps, answer: steps.at(-1)!.split(' : ')[1]! };
}
