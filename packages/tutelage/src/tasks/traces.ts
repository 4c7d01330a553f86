/** A stretch of a step. */
export interface TracePart<T> {
  /** What a drop table calls it, where it can go without its step. */
  readonly group?: string;
  readonly content: T;
}

/** One event of a solver that shows its work. */
export interface TraceStep<T> {
  /** What a drop table calls it. */
  readonly group: string;
  readonly parts: readonly TracePart<T>[];
}

/**
 * The level at which each group of steps, or of parts of steps, disappears: 1 or 2 altogether; 3 by chance; 4 not before the whole trace
 * does.
 */
export type DropTable = Readonly<Record<string, number>>;

/** Tokens that tell steps and answers apart. */
export interface TraceMarks {
  /** What a trace begins with, as a rule. */
  readonly step: readonly number[];
  /** What every answer begins with, and nothing else holds. */
  readonly answer: readonly number[];
  /** Ends an answer. */
  readonly end: number;
}

/** What an answer is worth. */
export interface TraceJudgement {
  /** It says what an answer must say, be it right or wrong. */
  readonly formatted: boolean;
  /** It solves the task. */
  readonly valid: boolean;
  /** How near a valid one is to the best, in (0, 1]; 0 where it is not valid. */
  readonly quality: number;
}

/** A question in tokens, with the work that leads to its answer. */
export interface TracedExample {
  /** What is asked: two with one id are the same question. */
  readonly id: string;
  readonly prompt: readonly number[];
  readonly steps: readonly TraceStep<readonly number[]>[];
  /** With the mark before it; without the end. */
  readonly answer: readonly number[];
  readonly difficulty: number;
  /** @param answer tokens after the mark, without the end */
  judge(answer: readonly number[]): TraceJudgement;
}

/** A kind of questions whose solver shows its work. */
export interface TracedTask {
  readonly vocabulary: number;
  readonly marks: TraceMarks;
  readonly drop: DropTable;
}
