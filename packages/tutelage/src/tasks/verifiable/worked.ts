/** An answer with the steps that lead to it. */
export interface Worked {
  readonly steps: readonly string[];
  readonly answer: string;
}
