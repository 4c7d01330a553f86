import { random } from '@tutelage/engine';

export interface ShiftCopyOptions {
  /** Symbols are 0 to below it. */
  readonly symbols: number;
  /** Symbols of a prompt. */
  readonly prompt: number;
  /** Symbols of an answer. */
  readonly answer: number;
}

/** A rule from prompts to answers that can be learned from examples, and whose answers can be checked symbol by symbol. */
export interface ShiftCopy {
  readonly sizes: ShiftCopyOptions;
  /** Prompts by a name: equal names give equal prompts. */
  prompts(name: string, count: number): Int32Array[];
  right(prompt: ArrayLike<number>): Int32Array;
  /** Share of the symbols of an answer that are right, in [0, 1]. */
  reward(prompt: ArrayLike<number>, answer: ArrayLike<number>): number;
  /** Answers of a demonstrator who gets each symbol right with a probability, and else says any. */
  demonstrations(prompts: readonly ArrayLike<number>[], accuracy: number, key: random.Key): Int32Array[];
}

/** Each symbol of the answer is some symbol of the prompt, shifted by some number: which and by how much is drawn from the key. */
export function shiftCopy(sizes: ShiftCopyOptions, key: random.Key): ShiftCopy {
  const { symbols, prompt: length, answer } = sizes;
  const dice = random.stream(random.foldIn(key, 'rule'));
  const from = Array.from({ length: answer }, () => dice.integer(length));
  const shift = Array.from({ length: answer }, () => dice.integer(symbols));
  const right = (prompt: ArrayLike<number>) =>
    Int32Array.from(from, (place, t) => (prompt[place]! + shift[t]!) % symbols);
  return {
    sizes,
    prompts(name, count) {
      const own = random.stream(random.foldIn(key, `prompts ${name}`));
      return Array.from({ length: count }, () => Int32Array.from({ length }, () => own.integer(symbols)));
    },
    right,
    reward: (prompt, own) =>
      right(prompt).reduce((sum, symbol, t) => sum + Number(symbol === own[t]), 0) / answer,
    demonstrations(prompts, accuracy, drawn) {
      const own = random.stream(drawn);
      return prompts.map((prompt) =>
        right(prompt).map((symbol) => (own.uniform() < accuracy ? symbol : own.integer(symbols))),
      );
    },
  };
}
