import type { random } from '@tutelage/engine';
import type { PracticeItem } from '../tasks/practice-items.js';
import { labelSkills, proposeCatalogue, type SkillTeacher } from '../teachers/skill-teacher.js';
import { allSkills, type GymLevel } from './gym-agents.js';

/** A question with the one skill that it is counted for. */
export type SkilledItem = PracticeItem & { readonly skill: string };

const leastItems = 5;
const other = 'other';

/**
 * Questions with a skill each. A teacher names those of the questions that have none, where the level needs them; skills of fewer than
 * five questions are one.
 *
 * @param options.skills most skills that the teacher may name
 */
export async function withSkills(
  teacher: SkillTeacher,
  items: readonly PracticeItem[],
  {
    level,
    skills: most,
    key,
  }: { readonly level: GymLevel; readonly skills: number; readonly key: random.Key },
): Promise<SkilledItem[]> {
  if (level === 'open-ended') return items.map((item) => ({ ...item, skill: item.skill ?? allSkills }));
  const named = items.map(({ id, question, skill }) => ({ id, question, skills: skill ? [skill] : [] }));
  const gold = [...new Set(named.flatMap(({ skills }) => skills))];
  const open = named.filter(({ skills }) => skills.length === 0);
  const catalogue =
    gold.length > 0 || open.length === 0 ? gold : await proposeCatalogue(teacher, open, most, key);
  const labelled = await labelSkills(teacher, named, catalogue);
  const found = labelled.map((item) => item.skills[0] ?? other);
  const counts = new Map<string, number>();
  for (const skill of found) counts.set(skill, (counts.get(skill) ?? 0) + 1);
  const rare = [...counts].filter(([skill, count]) => count < leastItems && skill !== other);
  if (rare.length > 0) {
    const names = rare.map(([skill]) => skill).join(', ');
    teacher.say(`warning: skills of fewer than ${leastItems} validation questions are "${other}": ${names}`);
  }
  return items.map((item, i) => {
    const skill = found[i]!;
    return { ...item, skill: counts.get(skill)! < leastItems ? other : skill };
  });
}
