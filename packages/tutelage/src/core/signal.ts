import type { Example } from './example.js';

/** A score for each class or token: for all of them in order, or for the `at` ones alone (the top k). */
export interface Logits {
  readonly values: Float32Array;
  /** Ascending; left out when all are given. */
  readonly at?: Int32Array;
}

/** Which of two answers is better. */
export interface Preference<A> {
  readonly chosen: A;
  readonly rejected: A;
  /** How much better, where the teacher says so. */
  readonly margin?: number;
}

/** Candidates from best to worst, with the teacher's scores where it gives them. */
export interface Ranking {
  readonly ids: readonly string[];
  readonly scores?: Float32Array;
}

/** Words of a teacher, and what they are meant as. */
export interface TeachingText {
  readonly role: 'explanation' | 'hint' | 'critique' | 'correction' | 'reply';
  readonly text: string;
}

/**
 * What a teacher can say of one example, by kind. `I` is the type of inputs, `A` that of answers.
 */
export interface SignalOf<I, A> {
  /** The answer itself. */
  label: A;
  /** How likely each class or token is. */
  logits: Logits;
  /** What the example looks like from within. */
  features: Float32Array;
  /** How good the student's answer is, or how relevant a document. */
  score: number;
  preference: Preference<A>;
  ranking: Ranking;
  /** How much better than expected each step of the student's answer was. */
  advantages: Float32Array;
  /** What a verifier gives for the whole answer. */
  reward: number;
  text: TeachingText;
  /** New things to learn from. */
  examples: readonly Example<I, A>[];
}

export type SignalKind = keyof SignalOf<unknown, unknown>;
