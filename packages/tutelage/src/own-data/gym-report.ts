import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mean } from '../assessment/checks.js';
import { wilsonInterval } from '../assessment/intervals.js';
import { percent, shareRange } from '../assessment/wording.js';
import { explained } from '../runs/file-errors.js';
import type { WriterCounts, WrittenItem } from '../teachers/item-writer.js';
import { accuraciesOf, type Completed, skillsOf } from './gym-agents.js';
import type { KeptStudent } from './gym-student.js';

/** An item, with what is known of its quality. */
export interface TaughtItem extends WrittenItem {
  /** Whether the student answered it rightly before it was taught it. */
  readonly known: boolean;
  /** Whether its solution comes to its answer. */
  readonly agrees: boolean;
}

/** A student, what it said to the validation questions, and which of the test it gets right. */
export interface GymState {
  readonly student: KeptStudent;
  readonly completed: readonly Completed[];
  readonly test: readonly boolean[];
}

export interface GymRound {
  readonly items: readonly TaughtItem[];
  readonly state: GymState;
}

export const validationOf = ({ completed }: GymState): number =>
  mean(completed.map(({ isRight }) => Number(isRight)));

/** The round after which the student does best on validation, the first of equal ones: 0 is before any teaching. */
export function bestRound(rounds: readonly GymRound[]): number {
  const accuracies = rounds.map(({ state }) => validationOf(state));
  return accuracies.indexOf(Math.max(...accuracies));
}

/** Writes `agent.jsonl`, what the agent planned. */
export function writeAgentLog(folder: string, plans: readonly object[]): void {
  const plain = plans.map((plan) =>
    Object.fromEntries(
      Object.entries(plan).map(([name, value]) => [
        name,
        value instanceof Map ? Object.fromEntries(value) : value,
      ]),
    ),
  );
  write(join(folder, 'agent.jsonl'), lines(plain));
}

/** How far it is, in a line. */
export function roundLine(rounds: readonly GymRound[]): string {
  const { items, state } = rounds.at(-1)!;
  return `round ${rounds.length - 1}: ${items.length} items, ${percent(validationOf(state))} right on validation`;
}

function write(path: string, text: string): void {
  explained('write a file', path, () => writeFileSync(path, text));
}

const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** Writes `rounds/N`: `items.jsonl`, what was taught; `answers.jsonl`, what was said to the validation questions; `report.json`. */
export function writeRound(folder: string, round: number, { items, state }: GymRound): void {
  const own = join(folder, 'rounds', String(round));
  explained('make a folder', own, () => mkdirSync(own, { recursive: true }));
  write(join(own, 'items.jsonl'), lines(items));
  const answers = state.completed.map(({ item, response, isRight }) => ({
    id: item.id,
    skill: item.skill,
    response,
    isRight,
  }));
  write(join(own, 'answers.jsonl'), lines(answers));
  const skills = skillsOf(state.completed);
  const [accuracies] = accuraciesOf([state.completed], skills);
  const report = {
    validation: validationOf(state),
    test: mean(state.test.map(Number)),
    items: items.length,
    known: items.filter(({ known }) => known).length,
    skills: Object.fromEntries(skills.map((skill, i) => [skill, accuracies![i]])),
  };
  write(join(own, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`);
}

/**
 * Writes `curves.csv` and `skills.csv`.
 *
 * @param rounds the first is before any teaching
 * @returns what the user is told
 */
export function reportGym(folder: string, rounds: readonly GymRound[]): string[] {
  const best = bestRound(rounds);
  let taught = 0;
  const curves = rounds.map(({ items, state }, round) => {
    taught += items.length;
    return [round, taught, validationOf(state).toFixed(4), mean(state.test.map(Number)).toFixed(4)].join(',');
  });
  write(join(folder, 'curves.csv'), `${['round,items,validation,test', ...curves].join('\n')}\n`);
  const spent = rounds.slice(0, best + 1).flatMap(({ items }) => items);
  const skills = skillRows(rounds, best);
  const rows = skills.map(({ skill, questions, before, after, items, isVain }) =>
    [
      JSON.stringify(skill),
      questions,
      before.toFixed(3),
      after.toFixed(3),
      items,
      isVain ? 'no gain' : '',
    ].join(','),
  );
  write(join(folder, 'skills.csv'), `${['skill,questions,before,after,items,note', ...rows].join('\n')}\n`);
  const vain = skills.filter(({ isVain }) => isVain).map(({ skill, items }) => `${skill} (${items} items)`);
  const known = spent.filter((item) => item.known).length;
  const disputed = rounds.flatMap(({ items }) => items).filter(({ agrees }) => !agrees).length;
  return [
    `round ${best} of ${rounds.length - 1} is best on validation${best === 0 ? ': teaching did not help' : ''}`,
    changeLine(
      'validation',
      rounds.map(({ state }) => state.completed.map(({ isRight }) => isRight)),
      best,
    ),
    changeLine(
      'test',
      rounds.map(({ state }) => state.test),
      best,
    ),
    `${taught} items were written`,
    ...(disputed > 0 ? [`of ${disputed} the solution does not come to the answer`] : []),
    ...(best > 0 ? [`of the ${spent.length} up to the best round the student knew ${known} before`] : []),
    ...(vain.length > 0 ? [`items were spent without gain on: ${vain.join(', ')}`] : []),
  ];
}

function changeLine(name: string, rights: readonly (readonly boolean[])[], best: number): string {
  const [before, after] = [rights[0]!, rights[best]!].map((own) =>
    wilsonInterval(own.filter(Boolean).length, own.length),
  );
  return `${name}: ${percent(before!.estimate)} right before, ${percent(after!.estimate)} after (${shareRange(after!)})`;
}

/** What was spent on each skill in all rounds, and whether any of them made it better. */
function skillRows(rounds: readonly GymRound[], best: number) {
  const skills = skillsOf(rounds[0]!.state.completed);
  const accuracies = accuraciesOf(
    rounds.map(({ state }) => state.completed),
    skills,
  );
  const taught = rounds.flatMap(({ items }) => items);
  return skills.map((skill, i) => {
    const own = accuracies.map((round) => round[i]!);
    const items = taught.filter((item) => item.skill === skill).length;
    const questions = rounds[0]!.state.completed.filter(({ item }) => item.skill === skill).length;
    const isVain = items > 0 && Math.max(...own) <= own[0]!;
    return { skill, questions, before: own[0]!, after: own[best]!, items, isVain };
  });
}

/** What was dropped of what the teacher wrote. */
export function writerLines(counts: WriterCounts): string[] {
  const notes: readonly (readonly [number, string])[] = [
    [counts.skipped, 'calls brought no JSON in three tries, and were skipped'],
    [counts.heldBack, 'items were dropped: they are in the validation or the test'],
    [counts.repeated, 'items were dropped: they had been written before'],
    [counts.unusable, 'items were dropped: their answers are none of the task'],
    [counts.surplus, 'items were more than asked for, and dropped'],
  ];
  return notes.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
}
