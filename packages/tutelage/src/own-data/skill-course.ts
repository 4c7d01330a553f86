import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import type { AnsweredItem } from '../assessment/difficult-questions.js';
import { wilsonInterval } from '../assessment/intervals.js';
import { percent, shareRange } from '../assessment/wording.js';
import { UserError } from '../core/errors.js';
import type { MethodContext } from '../core/method.js';
import type { SkillGap } from '../curricula/skill-profile.js';
import { openResponder } from '../language/open-responder.js';
import type { Reply } from '../language/responder.js';
import type { SkillItem } from '../tasks/skill-items.js';
import { proposeCatalogue, type SkillTeacher } from '../teachers/skill-teacher.js';
import { modelAnswers, type OwnSkillGaps, type SkillStudent } from './own-skill-gaps.js';
import { scoresOf } from './skill-job.js';
import { writeBeforeAfter } from './skill-report.js';

const temperature = 0.7;

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

/** Questions to diagnose by and others to test on: a share of the probe where there is no test, if the student is to be
 * taught here. */
export function splitProbe(
  { probe, test, student }: OwnSkillGaps,
  heldOut: number,
  key: random.Key,
): { readonly probe: readonly SkillItem[]; readonly test: readonly SkillItem[] } {
  if (test || student.kind !== 'model') return { probe, test: test ?? [] };
  const order = random.stream(random.foldIn(key, 'held out')).shuffle(probe);
  const cut = Math.round(heldOut * probe.length);
  return { probe: order.slice(cut), test: order.slice(0, cut) };
}

export interface AskingOptions {
  /** Most tokens of an answer. */
  readonly maxTokens: number;
  /** Answers to each question: the likeliest, and further ones that are drawn. */
  readonly samples: number;
  readonly keyEnv?: string | undefined;
  readonly maxCost?: number | undefined;
}

/** What the student says to the probe. */
export async function answersOf(
  { student, scores, hash }: OwnSkillGaps,
  probe: readonly SkillItem[],
  { maxTokens, samples, ...access }: AskingOptions,
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
  if (student.kind === 'asked') {
    return (await askedAnswers(student.name, probe, { maxTokens, samples, ...access }, context)).map(
      withScores,
    );
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

/** What a model that can only be asked says. */
async function askedAnswers(
  name: string,
  probe: readonly SkillItem[],
  { maxTokens, samples, ...access }: AskingOptions,
  { folder, signal, say }: MethodContext,
): Promise<AnsweredItem[]> {
  const own = join(folder, 'student-answers');
  mkdirSync(own, { recursive: true });
  const student = await openResponder(name, { ...access, folder: own, say });
  try {
    const conversations = probe.map(({ question }) => [{ role: 'user' as const, content: question }]);
    const rounds: (readonly Reply[])[] = [];
    for (let trial = 0; trial < samples; trial++) {
      say(`the student is asked ${probe.length} questions, ${trial + 1} of ${samples}`);
      const sample = trial === 0 ? {} : { sample: { temperature, trial } };
      rounds.push(await student.respond(conversations, { maxTokens, signal, ...sample }));
    }
    return probe.flatMap((item, i) => {
      const answers = rounds.flatMap((replies) => {
        const reply = replies[i]!;
        return reply.kind === 'text' ? [{ id: item.id, response: reply.text }] : [];
      });
      return answers.length > 0 ? [{ item, answers }] : [];
    });
  } finally {
    await student.close();
  }
}

/** Before, and after where there is a log of it, of a student who is not taught here; writes `before-after.csv`. */
export function reportAnswers(
  student: SkillStudent,
  answered: readonly AnsweredItem[],
  folder: string,
): string[] {
  const columns = new Map([['before', scoresOf(answered)]]);
  if (student.kind === 'log' && student.after) {
    const later = logged(
      answered.map(({ item }) => item),
      student.after,
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
  return [...columns].flatMap(([name, { right, of }]) => {
    if (of === 0) return [];
    const share = wilsonInterval(right, of);
    return [`${name}: ${percent(share.estimate)} right of ${of} (${shareRange(share)})`];
  });
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
