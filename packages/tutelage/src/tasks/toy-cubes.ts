/** A learner without a net, in a box of tasks that build on each other. */
export interface CubeLearner {
  /**
   * Practises a task.
   *
   * @param task in [0, 1]^d or with more coordinates, which play no part
   * @returns the competence in its cube after practice, in [0, 1]
   */
  attempt(task: readonly number[]): number;
  /** Share of the cubes that are mastered: competence above 0.75. */
  mastered(): number;
  /** A cube, by its centre, that is not mastered and can be learned now; undefined if there is none. */
  learnable(): readonly number[] | undefined;
}

export interface CubeOptions {
  /** Along each side. */
  readonly cells: number;
  readonly dimensions: number;
  /** After so many attempts, each cube loses this much, of 100, at every attempt in another cube. */
  readonly forgetting?: { readonly after: number; readonly loss: number };
  /** Share of the cells along the first side, from the far end, where nothing can be learned. */
  readonly hopeless?: number;
}

const unlocked = 75;
const best = 100;

/**
 * The toy environment of ALP-GMM's authors: the unit box is cut into `cells`^`dimensions` cubes. Practice in a cube adds a hundredth
 * to its competence if it is the first cube, or if a cube before it, with one index lower or several, has a competence of 0.75.
 */
export function cubeLearner({ cells, dimensions, forgetting, hopeless = 0 }: CubeOptions): CubeLearner {
  const competence = new Float64Array(cells ** dimensions);
  const strides = Array.from({ length: dimensions }, (_, i) => cells ** i);
  const indexOf = (task: readonly number[]) =>
    strides.reduce((sum, stride, i) => sum + stride * Math.min(cells - 1, Math.floor(task[i]! * cells)), 0);
  const coordinate = (cube: number, i: number) => Math.floor(cube / strides[i]!) % cells;
  let attempts = 0;

  const isOpen = (cube: number): boolean => {
    if (coordinate(cube, 0) >= cells * (1 - hopeless)) return false;
    if (cube === 0) return true;
    for (let subset = 1; subset < 2 ** dimensions; subset++) {
      let before = cube;
      for (let i = 0; i < dimensions; i++) {
        if (subset & (1 << i) && coordinate(cube, i) > 0) before -= strides[i]!;
      }
      if (competence[before]! >= unlocked) return true;
    }
    return false;
  };

  return {
    attempt(task) {
      const cube = indexOf(task);
      const own = competence[cube]!;
      const gained = isOpen(cube) ? Math.min(best, own + 1) : own;
      if (forgetting && attempts >= forgetting.after) {
        competence.forEach((other, i) => {
          competence[i] = Math.max(0, other - forgetting.loss);
        });
      }
      competence[cube] = gained;
      attempts++;
      return gained / best;
    },
    mastered: () => competence.filter((own) => own > unlocked).length / competence.length,
    learnable() {
      const cube = competence.findIndex((own, i) => own <= unlocked && isOpen(i));
      return cube < 0 ? undefined : strides.map((_, i) => (coordinate(cube, i) + 0.5) / cells);
    },
  };
}
