import type { z } from 'zod';

/** Where a method comes from. */
export interface Paper {
  /** Number of its card, 0 to 47. */
  readonly card: number;
  readonly title: string;
  readonly year: number;
  /** arXiv id, where it has one. */
  readonly arxiv?: string;
}

export type Room =
  | 'distillation'
  | 'retrieval'
  | 'curricula'
  | 'alignment'
  | 'reasoning'
  | 'data'
  | 'dialogue'
  | 'learners';

/** What a running method may use. */
export interface MethodContext {
  readonly seed: number;
  /** A folder of its own. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** A line for the person who waits. */
  say(message: string): void;
}

/**
 * One published way of teaching. `params` is a zod object, from which flags, `--help`, the reference page and forms are made:
 * every field has a description and, as its default, the paper's value.
 */
export interface Method<Params extends z.ZodObject, Input, Output> {
  readonly id: string;
  readonly room: Room;
  readonly paper: Paper;
  /** What it is for, in a sentence. */
  readonly teaches: string;
  readonly params: Params;
  run(input: Input, params: z.output<Params>, context: MethodContext): Promise<Output>;
}

/** States a method with the types of its parameters, input and output inferred. */
export function defineMethod<Params extends z.ZodObject, Input, Output>(
  method: Method<Params, Input, Output>,
): Method<Params, Input, Output> {
  return method;
}
