import { fillNormal, fillUniform } from './fill.js';
import { foldIn, type Key } from './keys.js';

/** Random numbers one after the other, for algorithms that can't say beforehand how many they need. */
export interface Stream {
  /** In [0, 1). */
  uniform(): number;
  /** A whole number from 0 to below `bound`. */
  integer(bound: number): number;
  /** Of mean 0 and variance 1. */
  normal(): number;
  /** One of the choices. */
  pick<T>(choices: readonly T[]): T;
  /** The choices in random order (Fisher and Yates 1938). */
  shuffle<T>(choices: readonly T[]): T[];
}

const chunk = 256;

/**
 * The stream of a key: equal keys give equal numbers. It is no part of the numbers that `fillUniform` and the like draw from the key.
 */
export function stream(key: Key): Stream {
  const uniform = sequence(foldIn(key, 'uniform'), fillUniform);
  const normal = sequence(foldIn(key, 'normal'), fillNormal);
  const integer = (bound: number): number => {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 24) {
      throw new RangeError(`a whole number from 1 to 2^24 is needed: ${bound}`);
    }
    return Math.floor(uniform() * bound);
  };
  return {
    uniform,
    integer,
    normal,
    pick(choices) {
      if (choices.length === 0) throw new RangeError('nothing to pick from');
      return choices[integer(choices.length)]!;
    },
    shuffle(choices) {
      const mixed = [...choices];
      for (let i = mixed.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
      }
      return mixed;
    },
  };
}

function sequence(key: Key, fill: (view: Float32Array, key: Key, offset: number) => void): () => number {
  const numbers = new Float32Array(chunk);
  let at = 0;
  return () => {
    if (at % chunk === 0) fill(numbers, key, at);
    return numbers[at++ % chunk]!;
  };
}
