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

const unlocked = 75;
const best = 100;

/**
 * The toy environment of ALP-GMM's authors: the unit box is cut into `cells`^`dimensions` cubes. Practice in a cube adds a hundredth
 * to its competence if it is the first cube, or if a cube before it, with one index lower or several, has a competence of 0.75.
 */
export function cubeLearner({ cells, dimensions }: { cells: number; dimensions: number }): CubeLearner {
  const competence = new Int32Array(cells ** dimensions);
  const strides = Array.from({ length: dimensions }, (_, i) => cells ** i);
  const indexOf = (task: readonly number[]) =>
    strides.reduce((sum, stride, i) => sum + stride * Math.min(cells - 1, Math.floor(task[i]! * cells)), 0);
  const coordinate = (cube: number, i: number) => Math.floor(cube / strides[i]!) % cells;

  const isOpen = (cube: number): boolean => {
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
      if (competence[cube]! < best && isOpen(cube)) competence[cube]!++;
      return competence[cube]! / best;
    },
    mastered: () => competence.filter((own) => own > unlocked).length / competence.length,
    learnable() {
      const cube = competence.findIndex((own, i) => own <= unlocked && isOpen(i));
      return cube < 0 ? undefined : strides.map((_, i) => (coordinate(cube, i) + 0.5) / cells);
    },
  };
}
