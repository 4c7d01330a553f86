import type { Example } from './example.js';
import type { SignalKind, SignalOf } from './signal.js';

/** An example, and what the student made of it if the teacher looks at that. */
export interface Attempted<I, A> {
  readonly example: Example<I, A>;
  readonly attempt?: A;
}

export interface TeachingOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of examples done. */
  readonly onProgress?: (done: number) => void;
}

/** Who gives signals of one kind: a model, an endpoint, an algorithm, a person. */
export interface Teacher<I, A, K extends SignalKind> {
  readonly kind: K;
  /** Changes whenever its signals might: the key of captured signals, together with the example. */
  readonly fingerprint: string;
  /** One signal for each example, in order; undefined where the teacher has nothing to say. */
  teach(
    examples: readonly Attempted<I, A>[],
    options?: TeachingOptions,
  ): Promise<readonly (SignalOf<I, A>[K] | undefined)[]>;
}
