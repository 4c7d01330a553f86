import { random } from '@tutelage/engine';
import type { AnsweredItem } from '../assessment/difficult-questions.js';
import { percent } from '../assessment/wording.js';
import { UserError } from '../core/errors.js';
import type { MethodContext } from '../core/method.js';
import type { SkillGap } from '../curricula/skill-profile.js';
import { modelAnswers, type OwnSkillGaps, type SkillStudent } from '../students/own-skill-gaps.js';
import type { SkillItem } from '../tasks/skill-items.js';
import { scoresOf } from './skill-job.js';
import { writeBeforeAfter } from './skill-report.js';
import { proposeCatalogue, type SkillTeacher } from './skill-teacher.js';

/** The skills of a subject: as the user lists them, as the questions name them, or as the teacher proposes. */
export async function catalogueOf(
  teacher: SkillTeacher,
  { catalogue, pool, probe, test = [] }: OwnSkillGaps,
  most: number,
  key: random.Key,
): Promise<readonly string[]> {
  if (catalogue) return catalogue;
  const named = [...new Set([...pool, ...probe, ...test].flatMap(({ skills }) => skills))].sort();
  if (named.length > 0) return named;
  const proposed = await proposeCatalogue(teacher, pool, most, random.foldIn(key, 'catalogue'));
  if (proposed.length > 0) return proposed;
  throw new UserError('the teacher named no skill', {
    hint: 'give a list of skills, tag the questions, or take another teacher',
  });
}

/** Questions to diagnose by and others to test on: a share of the probe where there is no test. Someone's log is all of it diagnosed. */
export function splitProbe(
  { probe, test, student }: OwnSkillGaps,
  heldOut: number,
  key: random.Key,
): { readonly probe: readonly SkillItem[]; readonly test: readonly SkillItem[] } {
  if (test || student.kind === 'log') return { probe, test: test ?? [] };
  const order = random.stream(random.foldIn(key, 'held out')).shuffle(probe);
  const cut = Math.round(heldOut * probe.length);
  return { probe: order.slice(cut), test: order.slice(0, cut) };
}

/** What the student says to the probe. */
export async function answersOf(
  { student, scores, hash }: OwnSkillGaps,
  probe: readonly SkillItem[],
  { maxTokens, samples }: { readonly maxTokens: number; readonly samples: number },
  context: MethodContext,
): Promise<AnsweredItem[]> {
  const withScores = (one: AnsweredItem): AnsweredItem => {
    const own = scores?.get(one.item.id);
    return own ? { ...one, scores: own } : one;
  };
  if (student.kind === 'model') {
    const journal = { folder: context.folder, facts: { data: hash, maxTokens, samples, seed: context.seed } };
    const found = await modelAnswers(student.model, probe, { maxTokens, samples, journal, ...context });
    return found.map(withScores);
  }
  const answered = logged(probe, student.answers);
  const silent = probe.length - answered.length;
  if (answered.length === 0) {
    throw new UserError('no answer of the log is to a question of the probe', {
      hint: 'the ids of both must be the same',
    });
  }
  if (silent > 0) context.say(`warning: ${silent} questions of the probe are not in the log, and left out`);
  return answered.map(withScores);
}

/** Before and after of someone of whom there are logs; writes `before-after.csv`. */
export function reportLog(
  { after }: Extract<SkillStudent, { kind: 'log' }>,
  answered: readonly AnsweredItem[],
  folder: string,
): string[] {
  const columns = new Map([['before', scoresOf(answered)]]);
  if (after) {
    const later = logged(
      answered.map(({ item }) => item),
      after,
    );
    columns.set('after', scoresOf(later));
  }
  return beforeAfter(folder, columns);
}

/** Writes `before-after.csv`. @returns a line for each who answered */
export function beforeAfter(
  folder: string,
  columns: ReadonlyMap<string, ReturnType<typeof scoresOf>>,
): string[] {
  writeBeforeAfter(
    folder,
    new Map([...columns].map(([name, { skills }]) => [name, new Map(Object.entries(skills))])),
  );
  return [...columns].map(([name, { accuracy }]) => `${name}: ${percent(accuracy)} right`);
}

/** A gap in words. */
export function gapWords({ skill, missed, needed }: SkillGap): string {
  return `${skill}: missed in ${missed}, needed in ${needed} (${percent(missed / needed, 0)})`;
}

/** What the teacher's answers were mended for, and what they cost. */
export function countLines({ counts, model }: SkillTeacher): string[] {
  const { made, refused } = model.calls();
  const spent = model.spent();
  const notes: readonly (readonly [number, string])[] = [
    [counts.skipped, 'answers of the teacher were no JSON twice, and left out'],
    [counts.renamed, 'unknown names of skills were taken for the nearest'],
    [counts.dropped, 'unknown names of skills were dropped'],
    [counts.blameless, 'mistakes missed no skill'],
    [counts.disputed, 'new questions were dropped: their solutions did not agree'],
    [refused, 'calls were not made: over the cap'],
  ];
  return [
    ...notes.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`),
    `${made} calls of the teacher${spent === undefined ? ', price unknown' : spent > 0 ? `, $${spent.toFixed(4)}` : ''}`,
  ];
}

function logged(
  items: readonly SkillItem[],
  log: ReadonlyMap<string, AnsweredItem['answers']>,
): AnsweredItem[] {
  return items.flatMap((item) => {
    const answers = log.get(item.id);
    return answers ? [{ item, answers }] : [];
  });
}
