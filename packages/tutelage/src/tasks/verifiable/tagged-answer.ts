/** The marks between which the final answer of a solution stands. */
export interface AnswerTags {
  readonly open: string;
  readonly close: string;
}

/** A solution's final answer, and what leads to it: all up to and with the opening mark. */
export interface TaggedAnswer {
  readonly reasoning: string;
  readonly answer: string;
}

/**
 * The answer of a solution that has each mark exactly once, in the right order.
 *
 * @returns why there is none: no such pair, or a mark occurs more than once
 */
export function taggedAnswer(
  solution: string,
  { open, close }: AnswerTags,
): TaggedAnswer | 'absent' | 'repeated' {
  const from = solution.indexOf(open);
  const start = from + open.length;
  const to = solution.indexOf(close, start);
  if (from < 0 || to < 0) return 'absent';
  const again = solution.indexOf(open, start) >= 0 || solution.indexOf(close, to + close.length) >= 0;
  if (again || solution.indexOf(close) < to) return 'repeated';
  return { reasoning: solution.slice(0, start), answer: solution.slice(start, to).trim() };
}
