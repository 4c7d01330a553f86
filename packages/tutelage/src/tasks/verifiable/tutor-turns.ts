import { random } from '@tutelage/engine';

/*
 * Turns of a tutor in codes (Sonkar et al. 2024, table 1): what the learner's answer is taken for, what is done about it, and where the
 * step of the problem stands. The expert is a program.
 */

const evaluations = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const actions = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'] as const;
const states = ['w', 'x', 'y', 'z'] as const;
type Action = (typeof actions)[number];
type State = (typeof states)[number];

/** Codes of a turn, each of a kind of its own: a turn is one of each, in this order. */
export const tutorCodes = { evaluations, actions, states } as const;
const symbols: readonly string[] = [...evaluations, ...actions, ...states];
/** Sizes of prompts and turns, for a language model. */
export const tutorSizes = { vocabulary: symbols.length, prompt: 8, answer: 3 } as const;

/** Actions that help on, and what tells the solution instead. */
export const telling: Readonly<Partial<Record<Action, Action>>> = { '1': '2', '4': '5', '8': '9' };

/** What the expert sees of a learner's turn. */
interface Situation {
  /** Incorrect, correct, partly correct, unclear, off topic, or a question: position among the evaluations. */
  readonly category: number;
  /** Failed attempts at this step, 0 to 3. */
  readonly attempts: number;
  /** What a question asks for: a hint, the solution, the step before, something else. */
  readonly request: number;
  /** Steps of the problem after this one, 0 to 2. */
  readonly left: number;
  /** 1 where nothing of the step is missing. */
  readonly complete: number;
}

/** A learner's turn as a tutor sees it, and the expert's answer, in symbols. */
export interface TutorTurn {
  readonly prompt: Int32Array;
  readonly expert: Int32Array;
  /** What one who always tells would answer: the expert's turn where that does not help on either. */
  readonly tells: Int32Array;
}

const shares = {
  category: [0.34, 0.3, 0.12, 0.08, 0.04, 0.12],
  attempts: [0.45, 0.27, 0.18, 0.1],
  request: [0.4, 0.25, 0.2, 0.15],
  left: [1 / 3, 1 / 3, 1 / 3],
  complete: [0.4, 0.6],
} as const;

/** Share of the cues that are shared by two categories. */
const shared = 0.35;
/** Cues of a category alone. */
const ownCues = 2;

/**
 * Turns of learners with the expert's answers. The category is seen through a cue, which two categories may share; then a second cue, which
 * otherwise says nothing, tells them apart. Two further symbols of the prompt say nothing at all.
 */
export function tutorTurns(count: number, key: random.Key): TutorTurn[] {
  const dice = random.stream(key);
  return Array.from({ length: count }, () => {
    const situation: Situation = {
      category: drawnFrom(shares.category, dice),
      attempts: drawnFrom(shares.attempts, dice),
      request: drawnFrom(shares.request, dice),
      left: drawnFrom(shares.left, dice),
      complete: drawnFrom(shares.complete, dice),
    };
    const { category, attempts, request, left, complete } = situation;
    const prompt = [...cues(category, dice), attempts, request, left, complete];
    const action = expertAction(situation);
    const told = telling[action] ?? action;
    return {
      prompt: Int32Array.from([...prompt, dice.integer(4), dice.integer(4)]),
      expert: turnOf(situation, action),
      tells: turnOf(situation, told),
    };
  });
}

/** A code's symbol. */
export function tutorSymbol(code: string): number {
  return symbols.indexOf(code);
}

/** Whether symbols are a turn: a code of each kind in its place. */
export function isTutorTurn([evaluation, action, state]: ArrayLike<number> & Iterable<number>): boolean {
  const kinds = [evaluations, actions, states] as const;
  return [evaluation, action, state].every((symbol, at) =>
    (kinds[at] as readonly string[]).includes(symbols[symbol!] ?? ''),
  );
}

/** A cue of the category and one that may tell it from another. */
function cues(category: number, dice: random.Stream): number[] {
  const count = evaluations.length;
  if (dice.uniform() >= shared) return [category * ownCues + dice.integer(ownCues), dice.integer(2)];
  // Category k shares one cue with k - 1, where it is the second, and one with k + 1.
  const second = dice.integer(2);
  return [count * ownCues + ((category - second + count) % count), second];
}

function expertAction({ category, attempts, request }: Situation): Action {
  switch (evaluations[category]) {
    case 'a':
      return attempts >= 2 ? '2' : '1';
    case 'b':
      return '3';
    case 'c':
      return attempts >= 3 ? '5' : '4';
    case 'd':
      return '6';
    case 'e':
      return '7';
    default:
      return (['8', '9', '10', '11'] as const)[request]!;
  }
}

function turnOf(situation: Situation, action: Action): Int32Array {
  const codes = [evaluations[situation.category]!, action, stateAfter(situation, action)];
  return Int32Array.from(codes, tutorSymbol);
}

/** A step ends when it is answered in full or its solution is told. */
function stateAfter({ left, complete }: Situation, action: Action): State {
  if (action === '7' || action === '11') return 'w';
  const ends = action === '2' || action === '5' || action === '9' || (action === '3' && complete === 1);
  if (!ends) return 'x';
  return left === 0 ? 'z' : 'y';
}

function drawnFrom(weights: readonly number[], dice: random.Stream): number {
  let left = dice.uniform();
  const found = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return found < 0 ? weights.length - 1 : found;
}
