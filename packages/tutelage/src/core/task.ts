import type { random } from '@tutelage/engine';
import type { Example } from './example.js';

/** Examples that can be read again and again, in the same order. */
export interface Examples<I, A> extends AsyncIterable<Example<I, A>> {
  readonly size: number;
  toArray(): Promise<readonly Example<I, A>[]>;
}

/** How well answers match targets. */
export interface Metric<O, A> {
  readonly name: string;
  readonly better: 'higher' | 'lower';
  /** One number for answers and targets in the same order. */
  measure(outputs: readonly O[], targets: readonly A[]): number;
}

/** Something to be learned: examples in splits, and how answers are judged. */
export interface Task<I, A, O = A> {
  readonly name: string;
  readonly train: Examples<I, A>;
  readonly validation: Examples<I, A>;
  readonly test: Examples<I, A>;
  /** The first is the one that counts. */
  readonly metrics: readonly [Metric<O, A>, ...Metric<O, A>[]];
  /** Whether an answer is right, where that can be checked without a target. */
  readonly verify?: (input: I, answer: O) => boolean;
}

/** A task without end: new examples at a wanted place of its parameter space. */
export interface Generator<I, A, Parameters> {
  readonly name: string;
  generate(parameters: Parameters, key: random.Key): Example<I, A>;
}
