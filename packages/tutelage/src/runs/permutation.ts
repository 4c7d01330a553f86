import { random } from '@tutelage/engine/data';

/** A 64-bit key: orders with different keys are independent. Each part is an integer from 0 to 2^32 - 1. */
type Key = readonly [number, number];

/**
 * A uniformly random order of 0 ... size - 1, by the Fisher-Yates shuffle, that depends on the key alone.
 *
 * @param size from 0 to 2^32 - 1.
 */
export function permutation(size: number, key: Key): Uint32Array {
  const order = new Uint32Array(size);
  for (let index = 0; index < size; index++) order[index] = index;
  let counter = 0;
  let words = random.philox([0, 0, 0, 0], key[0], key[1]);
  const nextWord = (): number => {
    const word = words[counter % 4]!;
    counter++;
    if (counter % 4 === 0) words = random.philox([counter / 4, 0, 0, 0], key[0], key[1]);
    return word;
  };
  for (let last = size - 1; last > 0; last--) {
    const choices = last + 1;
    // Words from the incomplete last round of `choices` would make the small results likelier.
    const limit = 2 ** 32 - (2 ** 32 % choices);
    let word = nextWord();
    while (word >= limit) word = nextWord();
    const other = word % choices;
    const moved = order[last]!;
    order[last] = order[other]!;
    order[other] = moved;
  }
  return order;
}
