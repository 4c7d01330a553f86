/** A body in a world of its own. */
export interface Episode {
  /**
   * What the body feels and sees now, on scales of about 1.
   *
   * @param into [observations]
   */
  observe(into: Float64Array): void;
  /**
   * Lives on for one control step.
   *
   * @param action [actions] in [-1, 1]
   * @returns whether the episode goes on
   */
  act(action: Float64Array): boolean;
  /** How far the body has come, in [0, 1]; 1 is the goal. */
  readonly score: number;
}

/** A world whose difficulty has numbers to set. The same task and the same actions give the same bits. */
export interface Environment {
  readonly observations: number;
  readonly actions: number;
  /** @param task in the unit box */
  start(task: readonly number[]): Episode;
}
