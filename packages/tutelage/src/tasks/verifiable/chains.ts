import { random } from '@tutelage/engine';
import type { Example } from '../../core/example.js';
import type { Worked } from './worked.js';

export interface ChainOptions {
  /** Operations, one or more: the difficulty. */
  readonly length: number;
  /** Values are from 0 to below it; a prime, so that no operation forgets its input. */
  readonly modulus: number;
  /** Operations are by 1 to this number; to the greatest value unless told. */
  readonly most?: number;
}

const operators = {
  add: (state: number, v: number) => state + v,
  'times-plus-one': (state: number, v: number) => state * v + 1,
};

/** Operations on one number, and the value after each. */
export interface Chain {
  readonly start: number;
  readonly operations: readonly { readonly name: keyof typeof operators; readonly by: number }[];
  readonly states: readonly number[];
}

export function drawChain({ length, modulus, most = modulus - 1 }: ChainOptions, dice: random.Stream): Chain {
  const start = dice.integer(modulus);
  const operations = Array.from({ length }, () => ({
    name: dice.pick(Object.keys(operators) as (keyof typeof operators)[]),
    by: 1 + dice.integer(most),
  }));
  let state = start;
  const states = operations.map(({ name, by }) => {
    state = operators[name](state, by) % modulus;
    return state;
  });
  return { start, operations, states };
}

/**
 * A chain of operations on one number, modulo a prime: `4 add 3 times-plus-one 5`. Nothing but all steps in order leads to the answer.
 * Steps read as `add 3 = 0`.
 */
export function chain(options: ChainOptions, key: random.Key): Example<string, Worked> {
  const { start, operations, states } = drawChain(options, random.stream(key));
  const steps = operations.map(({ name, by }, i) => `${name} ${by} = ${states[i]}`);
  const input = `${start} ${operations.map(({ name, by }) => `${name} ${by}`).join(' ')}`;
  return {
    id: input,
    input,
    target: { steps, answer: String(states.at(-1)) },
    difficulty: options.length,
  };
}
