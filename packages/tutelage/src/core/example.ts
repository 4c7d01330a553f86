/** One thing to learn from, or to be assessed on. */
export interface Example<I, T> {
  /** Unique within its task. */
  readonly id: string;
  readonly input: I;
  /** What the student should answer, where it is known. */
  readonly target?: T;
  /** Names of the skills that it exercises. */
  readonly skills?: readonly string[];
  /** Greater is harder; the scale is the task's. */
  readonly difficulty?: number;
}
