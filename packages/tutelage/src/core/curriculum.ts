/** Plain data, as a checkpoint keeps it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * What decides what comes next: an order of examples, a pace, the parameters of an environment, a teacher to ask.
 * `Plan` is what it decides on, `Outcome` what it is told of the result.
 */
export interface Curriculum<Plan, Outcome> {
  /** @param progress share of the budget that is spent, in [0, 1] */
  next(progress: number): Plan;
  observe(plan: Plan, outcome: Outcome): void;
  /** All that the coming plans depend on: part of every checkpoint. */
  state(): Json;
  restore(state: Json): void;
}
