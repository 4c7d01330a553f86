/**
 * Answers of learners to questions, learner by learner in the order of answering: columns of typed arrays, about 25 bytes a row.
 * The rows of learner u are `offsets[u]` to `offsets[u + 1]`.
 */
export interface Interactions {
  readonly learners: readonly string[];
  /** [learners + 1], ascending from 0. */
  readonly offsets: Int32Array;
  readonly questions: readonly string[];
  readonly concepts: readonly string[];
  /** Of each row, its place in `questions`. */
  readonly question: Int32Array;
  /** Of each row, its place in `conceptSets`. */
  readonly conceptSet: Int32Array;
  /** The distinct sets of concepts that a question exercises, none of them empty; members are places in `concepts`. */
  readonly conceptSets: readonly Int32Array[];
  /** Of each row, 1 for a right answer, else 0. */
  readonly response: Uint8Array;
  /** Of each row, the first row of those that were answered together with it: none of them may tell of another. */
  readonly first: Int32Array;
  /** Of each row, milliseconds since 1970; NaN where unknown. */
  readonly time?: Float64Array;
  /** Of each row, milliseconds that the answer took; NaN where unknown. */
  readonly duration?: Float32Array;
  /** Of each learner, the fold that its publisher put it in, −1 for the test set. */
  readonly folds?: Int8Array;
}

/** The same answers with each question as its own concept: tracing at the level of questions. */
export function byQuestion(data: Interactions): Interactions {
  return {
    ...data,
    concepts: data.questions,
    conceptSets: data.questions.map((_, q) => Int32Array.of(q)),
    conceptSet: data.question,
  };
}

/** Whether any question exercises several concepts. */
export function hasSeveralConcepts({ conceptSets }: Pick<Interactions, 'conceptSets'>): boolean {
  return conceptSets.some((set) => set.length > 1);
}

/** The places of all learners, 0 to their number. */
export function allLearners({ learners }: Pick<Interactions, 'learners'>): Int32Array {
  return Int32Array.from(learners, (_, u) => u);
}

/** Number of rows of some learners. */
export function countRows({ offsets }: Pick<Interactions, 'offsets'>, learners: Iterable<number>): number {
  let rows = 0;
  for (const u of learners) rows += offsets[u + 1]! - offsets[u]!;
  return rows;
}
