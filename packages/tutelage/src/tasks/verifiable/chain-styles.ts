import type { Chain } from './chains.js';

/** Ways of writing down how a chain is worked out. All name every operation or value in order, and end in `so` and the answer. */
const styles = {
  /** Each operation with its result. */
  full: ({ operations, states }: Chain) => operations.map(({ name, by }, i) => [words[name], by, states[i]!]),
  /** Results alone. */
  values: ({ states }: Chain) => states.map((state) => [state]),
  /** Each operation, but only every second result. */
  skipping: ({ operations, states }: Chain) =>
    operations.map(({ name, by }, i) => [
      words[name],
      by,
      ...(i % 2 === 1 || i === states.length - 1 ? [states[i]!] : []),
    ]),
  /** Each operation between what it is done to and its result. */
  restating: ({ start, operations, states }: Chain) =>
    operations.map(({ name, by }, i) => [i === 0 ? start : states[i - 1]!, words[name], by, states[i]!]),
};

export type ChainStyle = keyof typeof styles;
export const chainStyles = Object.keys(styles) as readonly ChainStyle[];

const words = { add: 'add', 'times-plus-one': 'grow' } as const;

/** All words of chains modulo a number, one word each. */
export function chainWords(modulus: number): string[] {
  return [...Object.values(words), 'so', '?', ...Array.from({ length: modulus }, (_, n) => String(n))];
}

/** `4 add 3 grow 5 ?` */
export function chainQuestion({ start, operations }: Chain): string {
  return [start, ...operations.flatMap(({ name, by }) => [words[name], by]), '?'].join(' ');
}

/** `add 3 7 grow 5 36 so 36`, in a style: what comes before the answer, and the answer. */
export function chainSolution(chain: Chain, style: ChainStyle): { reasoning: string; answer: string } {
  return { reasoning: [...styles[style](chain).flat(), 'so'].join(' '), answer: String(chain.states.at(-1)) };
}
