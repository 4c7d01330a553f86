/** A question that a student failed, and the skills that its answer missed; none where the teacher saw none. */
export interface SkillMistake {
  readonly question: string;
  readonly missing: readonly string[];
}

/** How often a student misses a skill. */
export interface SkillGap {
  readonly skill: string;
  /** Mistakes that missed it. */
  readonly missed: number;
  /** Questions that need it, failed or not. */
  readonly needed: number;
}

/**
 * The Missing-Skill-Profile of a student (STAT, stage 2): how often each skill was missed, the most frequent first. Counts mix how often a
 * skill is needed with how often it is missed, so that both are given.
 *
 * @param asked the skills of every question that the student was asked
 */
export function missingSkillProfile(
  mistakes: readonly SkillMistake[],
  asked: readonly (readonly string[])[],
): SkillGap[] {
  const missed = counted(mistakes.map(({ missing }) => missing));
  const needed = counted(asked);
  return [...missed]
    .map(([skill, count]) => ({ skill, missed: count, needed: Math.max(count, needed.get(skill) ?? 0) }))
    .sort((a, b) => b.missed - a.missed || (a.skill < b.skill ? -1 : 1));
}

function counted(lists: readonly (readonly string[])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const skills of lists) {
    for (const skill of new Set(skills)) counts.set(skill, (counts.get(skill) ?? 0) + 1);
  }
  return counts;
}
