import { random } from '@tutelage/engine';
import type { Example } from '../../core/example.js';
import type { Worked } from './worked.js';

export interface ChainOptions {
  /** Operations, one or more: the difficulty. */
  readonly length: number;
  /** Values are from 0 to below it; a prime, so that no operation forgets its input. */
  readonly modulus: number;
}

const operators = {
  add: (state: number, v: number) => state + v,
  'times-plus-one': (state: number, v: number) => state * v + 1,
};

/**
 * A chain of operations on one number, modulo a prime: `4 add 3 times-plus-one 5`. Nothing but all steps in order leads to the answer.
 * Steps read as `add 3 = 0`.
 */
export function chain({ length, modulus }: ChainOptions, key: random.Key): Example<string, Worked> {
  const dice = random.stream(key);
  const start = dice.integer(modulus);
  const operations = Array.from({ length }, () => ({
    name: dice.pick(Object.keys(operators) as (keyof typeof operators)[]),
    by: 1 + dice.integer(modulus - 1),
  }));
  let state = start;
  const steps = operations.map(({ name, by }) => {
    state = operators[name](state, by) % modulus;
    return `${name} ${by} = ${state}`;
  });
  const input = `${start} ${operations.map(({ name, by }) => `${name} ${by}`).join(' ')}`;
  return { id: input, input, target: { steps, answer: String(state) }, difficulty: length };
}
