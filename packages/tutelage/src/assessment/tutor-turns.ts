import { type CodeBook, type CodeKind, codeKinds, codesOf, type TurnCodes } from '../tasks/tutor-codes.js';
import { checkPaired, mean } from './checks.js';
import { scoresByClass } from './classification.js';
import { type ConfusionMatrix, confusionMatrix } from './confusion.js';

/** How a tutor's turns compare with an expert's, in shares of the turns. What is no turn counts as wrong. */
export interface TutorAgreement {
  /** All three codes are the expert's. */
  readonly joint: number;
  readonly evaluation: number;
  readonly action: number;
  readonly state: number;
  /** F1, averaged over the codes that occur, then over the three kinds. */
  readonly f1: number;
  /** Where the expert helps on: how often the tutor tells the solution; undefined where the expert never does. */
  readonly tells: number | undefined;
  /** Where the expert tells: how often the tutor helps on. */
  readonly withholds: number | undefined;
  /** What is no turn. */
  readonly broken: number;
}

/**
 * @param expert codes of the expert's turns
 * @param given the tutor's, undefined where it wrote no turn
 */
export function tutorAgreement(
  expert: readonly TurnCodes[],
  given: readonly (TurnCodes | undefined)[],
  book: CodeBook,
): TutorAgreement {
  checkPaired('turns', expert, given);
  const right = (kind: CodeKind) => mean(expert.map((codes, i) => Number(codes[kind] === given[i]?.[kind])));
  const share = (from: readonly string[], to: readonly string[]) => {
    const own = given.filter((_, i) => from.includes(expert[i]!.action));
    return own.length === 0 ? undefined : mean(own.map((codes) => Number(to.includes(codes?.action ?? ''))));
  };
  const [helping, telling] = [Object.keys(book.telling), Object.values(book.telling)];
  return {
    joint: mean(
      expert.map((codes, i) => Number(codeKinds.every((kind) => codes[kind] === given[i]?.[kind]))),
    ),
    evaluation: right('evaluation'),
    action: right('action'),
    state: right('state'),
    f1: mean(codeKinds.map((kind) => macroF1(codeConfusion(expert, given, book, kind)))),
    tells: share(helping, telling),
    withholds: share(telling, helping),
    broken: mean(given.map((codes) => Number(codes === undefined))),
  };
}

/** How often a code (row) was taken for another (column), by their places in the code book; the last one is for what is no turn. */
export function codeConfusion(
  expert: readonly TurnCodes[],
  given: readonly (TurnCodes | undefined)[],
  book: CodeBook,
  kind: CodeKind,
): ConfusionMatrix {
  const codes = codesOf(book, kind);
  const place = (turn: TurnCodes | undefined) => (turn ? codes.indexOf(turn[kind]) : codes.length);
  return confusionMatrix(expert.map(place), given.map(place), codes.length + 1);
}

/** Mean over the codes that occur; what is no turn is not a code. */
function macroF1(matrix: ConfusionMatrix): number {
  const codes = scoresByClass(matrix).slice(0, -1);
  return mean(codes.filter(({ support, answered }) => support + answered > 0).map(({ f1 }) => f1));
}
