import { random } from '@tutelage/engine';
import { type CodeKind, codeKinds, type TurnCodes, tutorbotCodes } from '../tutor-codes.js';

/*
 * Turns of a tutor in codes (Sonkar et al. 2024, table 1): what the learner's answer is taken for, what is done about it, and where the
 * step of the problem stands. The expert is a program.
 */

const codes = {
  evaluation: ['a', 'b', 'c', 'd', 'e', 'f'],
  action: ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'],
  state: ['w', 'x', 'y', 'z'],
} as const satisfies Record<CodeKind, readonly string[]>;
type Action = (typeof codes.action)[number];
type State = (typeof codes.state)[number];

const symbols: readonly string[] = codeKinds.flatMap((kind) => codes[kind]);
/** Sizes of prompts and turns, for a language model. A turn is a code of each kind. */
export const tutorSizes = { vocabulary: symbols.length, prompt: 8, answer: codeKinds.length } as const;

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
export interface CodedTurn {
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
export function tutorTurns(count: number, key: random.Key): CodedTurn[] {
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
    const told = (tutorbotCodes.telling[action] ?? action) as Action;
    return {
      prompt: Int32Array.from([...prompt, dice.integer(4), dice.integer(4)]),
      expert: turnOf(situation, action),
      tells: turnOf(situation, told),
    };
  });
}

/** The codes of a turn in symbols; undefined where they are not one of each kind in its place. */
export function codesOfTurn(turn: ArrayLike<number>): TurnCodes | undefined {
  const [evaluation, action, state] = codeKinds.map((kind, at) => {
    const code = symbols[turn[at]!]!;
    return (codes[kind] as readonly string[]).includes(code) ? code : undefined;
  });
  return evaluation && action && state ? { evaluation, action, state } : undefined;
}

/** A cue of the category and one that may tell it from another. */
function cues(category: number, dice: random.Stream): number[] {
  const count = codes.evaluation.length;
  if (dice.uniform() >= shared) return [category * ownCues + dice.integer(ownCues), dice.integer(2)];
  // Category k shares one cue with k - 1, where it is the second, and one with k + 1.
  const second = dice.integer(2);
  return [count * ownCues + ((category - second + count) % count), second];
}

function expertAction({ category, attempts, request }: Situation): Action {
  switch (codes.evaluation[category]) {
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
  const turn = [codes.evaluation[situation.category]!, action, stateAfter(situation, action)];
  return Int32Array.from(turn, (code) => symbols.indexOf(code));
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
