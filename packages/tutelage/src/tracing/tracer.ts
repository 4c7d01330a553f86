import type { Json } from '../core/curriculum.js';
import type { Interactions } from '../tasks/interactions/index.js';

/** A question by its number, and the concepts that it exercises. */
export interface Item {
  readonly question: number;
  readonly concepts: Int32Array;
}

/** Follows one learner, an answer at a time, at a cost that does not grow with the number of answers. */
export interface Follower {
  /** The chance that each item is answered right, if it is asked next. */
  probabilities(items: readonly Item[]): Promise<Float32Array>;
  /** Takes in an answer. */
  answer(item: Item, response: 0 | 1): Promise<void>;
  /** All that it knows of the learner, to be kept and given to `follow` again. */
  state(): Json;
}

/** A fitted model of what learners know. */
export interface Tracer {
  /**
   * The chance of a right answer for each row of some learners, learner after learner: from the learner's answers before it, those
   * given together with it left out.
   */
  predict(data: Interactions, learners: Int32Array): Promise<Float32Array>;
  /** Begins with a new learner, or goes on with one whose state was kept. */
  follow(state?: Json): Follower;
  /** What was fitted as a file: a net as ONNX, the rest as JSON. */
  file(): { readonly name: string; readonly content: Uint8Array };
  dispose(): Promise<void>;
}

/** Who is learned from, and who tells when to stop. */
export interface FitSplit {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

export interface FitOptions {
  readonly seed: number;
  readonly signal: AbortSignal;
  /** A line for the person who waits. */
  readonly say?: (message: string) => void;
}

/** A way of tracing, before it is fitted. */
export interface TracerKind {
  readonly id: string;
  readonly title: string;
  fit(data: Interactions, split: FitSplit, options: FitOptions): Promise<Tracer>;
}

export function itemAt(data: Interactions, row: number): Item {
  return { question: data.question[row]!, concepts: data.conceptSets[data.conceptSet[row]!]! };
}
