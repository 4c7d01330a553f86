import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnsweredItem } from '../assessment/difficult-questions.js';
import { skillChart } from '../curricula/skill-chart.js';
import type { SkillGap, SkillMistake } from '../curricula/skill-profile.js';
import { explained } from '../runs/file-errors.js';
import type { SkillItem } from '../tasks/skill-items.js';

/** A question and solution to learn, and which mistake asked for it. */
export interface TargetedExample {
  readonly id: string;
  readonly question: string;
  readonly solution: string;
  readonly origin: 'pool' | 'written';
  /** The mistake's question, and the skill that it missed. */
  readonly because: { readonly question: string; readonly skill: string };
  /** Of what is written: ids of the examples that it was modelled on. */
  readonly models?: readonly string[];
}

function write(folder: string, name: string, text: string): void {
  const path = join(folder, name);
  explained('write a file', path, () => writeFileSync(path, text));
}

export function writeJsonLines(folder: string, name: string, rows: readonly object[]): void {
  write(folder, name, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

const shownMistakes = 3;

/** Writes `profile.csv`, `profile.svg`, `mistakes.jsonl`, and `profile.md`, which shows mistakes of each skill. */
export function writeProfile(
  folder: string,
  profile: readonly SkillGap[],
  mistakes: readonly SkillMistake[],
  answered: readonly AnsweredItem[],
): void {
  const rows = profile.map(({ skill, missed, needed }) =>
    [cell(skill), missed, needed, (missed / needed).toFixed(3)].join(','),
  );
  write(folder, 'profile.csv', `${['skill,missed,needed,rate', ...rows].join('\n')}\n`);
  write(folder, 'profile.svg', skillChart(profile));
  const byId = new Map(answered.map((one) => [one.item.id, one]));
  const rowsOfMistakes = mistakes.map(({ question, missing }) => {
    const { item, answers } = byId.get(question)!;
    return { id: question, question: item.question, response: answers[0]!.response, missing };
  });
  writeJsonLines(folder, 'mistakes.jsonl', rowsOfMistakes);
  const sections = profile.map(({ skill, missed, needed }) => {
    const shown = mistakes
      .filter(({ missing }) => missing.includes(skill))
      .slice(0, shownMistakes)
      .flatMap(({ question }) => byId.get(question) ?? [])
      .map(({ item, answers }) => `- ${line(item.question)}\n  - answered: ${line(answers[0]!.response)}`);
    return [`## ${line(skill)}: missed in ${missed} of ${needed}`, '', ...shown].join('\n');
  });
  write(folder, 'profile.md', `${['# Missing skills', ...sections].join('\n\n')}\n`);
}

/** Writes `plan.md`: exercises for a person, by skill from the most missed on, and the solutions at the end. */
export function writePlan(
  folder: string,
  profile: readonly SkillGap[],
  examples: readonly TargetedExample[],
): void {
  let number = 0;
  const solutions: string[] = [];
  const shown = new Set<string>();
  const sections = profile.flatMap(({ skill, missed, needed }) => {
    const own = examples.filter(({ because, question }) => {
      const isNew = because.skill === skill && !shown.has(question);
      if (isNew) shown.add(question);
      return isNew;
    });
    if (own.length === 0) return [];
    const lines = own.map(({ question, solution }) => {
      number++;
      solutions.push(`${number}. ${line(solution)}`);
      return `${number}. ${line(question)}`;
    });
    return [[`## ${line(skill)} (missed in ${missed} of ${needed})`, '', ...lines].join('\n')];
  });
  const text = ['# Exercises', ...sections, '# Solutions', solutions.join('\n')].join('\n\n');
  write(folder, 'plan.md', `${text}\n`);
}

/** Right answers of some questions. */
export type SkillScores = ReadonlyMap<string, { readonly right: number; readonly of: number }>;

/** Writes `before-after.csv`: of each skill how many questions are answered right, by who answers. */
export function writeBeforeAfter(folder: string, columns: ReadonlyMap<string, SkillScores>): void {
  const skills = [...new Set([...columns.values()].flatMap((scores) => [...scores.keys()]))].sort();
  const head = ['skill', 'questions', ...columns.keys()].map(cell).join(',');
  const rows = skills.map((skill) => {
    const own = [...columns.values()].map((scores) => scores.get(skill));
    const shares = own.map((score) => (score ? (score.right / score.of).toFixed(3) : ''));
    return [cell(skill), Math.max(...own.map((score) => score?.of ?? 0)), ...shares].join(',');
  });
  write(folder, 'before-after.csv', `${[head, ...rows].join('\n')}\n`);
}

/** An item as a line of the labelled pool. */
export function labelled({ id, question, solution, answer, skills }: SkillItem): object {
  return { id, question, solution, answer, skills };
}

function cell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function line(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
