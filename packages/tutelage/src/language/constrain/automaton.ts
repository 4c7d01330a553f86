import { DFA, JS, NFA } from 'refa';
import { UserError } from '../../core/errors.js';

/** A deterministic automaton over characters. States are numbers; the first is 0. */
export interface Automaton {
  /** The state after a character, or undefined where no text that begins like this can match. */
  next(state: number, codePoint: number): number | undefined;
  /** Whether a text may end in this state. */
  accepts(state: number): boolean;
  /** Whether a text must end in this state. */
  mustEnd(state: number): boolean;
}

/** More would take long to build, and much memory. */
const mostStates = 10_000;

interface State {
  /** Ascending, disjoint. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly target: readonly number[];
}

/**
 * The automaton of whole texts that match a regular expression. Assertions (`^`, `$`, `\b`, lookarounds) and backreferences are no part of
 * a regular language.
 *
 * @throws {UserError} for an expression that has them, that matches nothing, or that becomes too large
 */
export function automatonOf(expression: RegExp): Automaton {
  const dfa = built(expression);
  const nodes = [...dfa.nodes()];
  const numbers = new Map(nodes.map((node, i) => [node, i]));
  // Numbered anew so that the first state is 0.
  const order = [dfa.initial, ...nodes.filter((node) => node !== dfa.initial)];
  order.forEach((node, i) => {
    numbers.set(node, i);
  });
  const states = order.map((node): State => {
    const edges = [...node.out].sort(([a], [b]) => a.min - b.min);
    return {
      from: edges.map(([range]) => range.min),
      to: edges.map(([range]) => range.max),
      target: edges.map(([, target]) => numbers.get(target)!),
    };
  });
  const final = order.map((node) => dfa.finals.has(node));
  return {
    next(state, codePoint) {
      const { from, to, target } = states[state]!;
      let [low, high] = [0, from.length - 1];
      while (low <= high) {
        const middle = (low + high) >> 1;
        if (codePoint < from[middle]!) high = middle - 1;
        else if (codePoint > to[middle]!) low = middle + 1;
        else return target[middle];
      }
      return undefined;
    },
    accepts: (state) => final[state]!,
    mustEnd: (state) => states[state]!.from.length === 0,
  };
}

function built({ source, flags }: RegExp): DFA {
  const shown = source.length > 100 ? `${source.slice(0, 100)}…` : source;
  const unicode = flags.includes('u') || flags.includes('v') ? flags : `${flags}u`;
  let dfa: DFA;
  try {
    const { expression, maxCharacter } = JS.Parser.fromLiteral({ source, flags: unicode }).parse({
      assertions: 'throw',
      backreferences: 'throw',
    });
    const nfa = NFA.fromRegex(expression, { maxCharacter }, {}, new NFA.LimitedNodeFactory(mostStates));
    dfa = DFA.fromFA(nfa, new DFA.LimitedNodeFactory(mostStates));
  } catch (cause) {
    throw new UserError(`not a regular expression to constrain answers with: ${shown}`, {
      detail: cause instanceof Error ? cause.message : String(cause),
      hint: 'anchors, lookarounds and backreferences can not be used; the whole answer must match anyway',
      cause,
    });
  }
  dfa.minimize();
  if (dfa.isEmpty) throw new UserError(`no answer matches the regular expression: ${shown}`);
  return dfa;
}
