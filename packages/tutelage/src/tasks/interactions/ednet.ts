import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../core/errors.js';
import { fileError } from '../lines.js';
import { openTable } from '../table.js';
import { numberOf } from './fields.js';
import type { InteractionFormat, Sink } from './format.js';

/*
 * EdNet (Choi et al. 2020): a file for each learner at one of four levels of detail, and a table of questions. KT1 has a row for
 * each answer; KT2 to KT4 have actions, from which the answers are made.
 */

interface Question {
  readonly bundle: string;
  readonly answer: string;
  /** Joined by semicolons; empty where the question has no tag. */
  readonly tags: string;
}

const learnerFile = /^u\d+\.csv$/;
const levels = ['KT1', 'KT2', 'KT3', 'KT4'];
const atOnce = 64;

/** A folder with EdNet's `u*.csv`, or a folder above it, with `questions.csv` in it, beside it or in `contents`. */
export async function ednetFolder(path: string): Promise<InteractionFormat | undefined> {
  const found = await folderOfLearners(path);
  if (found === undefined) return undefined;
  const places = [...new Set([path, found, dirname(resolve(found))])].flatMap((place) => [
    join(place, 'questions.csv'),
    join(place, 'contents', 'questions.csv'),
  ]);
  const questionsFile = places.find((place) => existsSync(place));
  if (questionsFile === undefined) {
    throw new UserError(`no questions.csv: ${path}`, {
      hint: "EdNet's contents hold the right answers and tags: put questions.csv into the folder",
    });
  }
  return {
    name: 'EdNet',
    building: { timed: true, separator: ';' },
    warnings: ['EdNet is licensed for non-commercial use (CC BY-NC 4.0)'],
    async read(sink) {
      const questions = await readQuestions(questionsFile);
      const names = (await readdir(found)).filter((name) => learnerFile.test(name)).sort();
      for (let start = 0; start < names.length; start += atOnce) {
        const batch = names.slice(start, start + atOnce);
        const texts = await Promise.all(batch.map((name) => readText(join(found, name))));
        for (const [i, name] of batch.entries()) readLearner(name, texts[i]!, questions, sink);
      }
    },
  };
}

async function folderOfLearners(path: string): Promise<string | undefined> {
  for (const folder of [path, ...levels.map((level) => join(path, level))]) {
    if (existsSync(folder) && (await readdir(folder)).some((name) => learnerFile.test(name))) return folder;
  }
  return undefined;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw fileError(path, cause);
  }
}

async function readQuestions(path: string): Promise<ReadonlyMap<string, Question>> {
  const table = await openTable(path, { header: true });
  const wanted = ['question_id', 'bundle_id', 'correct_answer', 'tags'];
  const missing = wanted.find((name) => !table.columns.includes(name));
  if (missing !== undefined) {
    throw new UserError(`no ${missing} column: ${path}`, { detail: `columns: ${table.columns.join(', ')}` });
  }
  const questions = new Map<string, Question>();
  for await (const batch of table.rows(wanted)) {
    for (const row of batch) {
      if (!('cells' in row)) continue;
      const [id, bundle, answer, tags] = row.cells.map(String) as [string, string, string, string];
      questions.set(id, { bundle, answer, tags: /^(-1)?$/.test(tags.trim()) ? '' : tags.trim() });
    }
  }
  return questions;
}

/** A row of a learner's file by the names of its columns. */
interface ActionRow {
  readonly number: number;
  readonly text: string;
  cell(name: string): string;
}

function readLearner(file: string, text: string, questions: ReadonlyMap<string, Question>, sink: Sink): void {
  const [header = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const columns = header.split(',').map((name) => name.trim());
  const rows = lines.flatMap((line, i): ActionRow[] => {
    const cells = line.split(',');
    return line.trim() === ''
      ? []
      : [{ number: i + 2, text: line, cell: (name) => cells[columns.indexOf(name)]?.trim() ?? '' }];
  });
  const learner = basename(file, '.csv');
  const answers = columns.includes('action_type') ? answersOfActions(rows, questions) : answersOfRows(rows);
  for (const { row, question, answer, time, duration, visit } of answers) {
    const known = questions.get(question);
    if (known === undefined) {
      sink.reject(row.number, 'unknown question: not in questions.csv', row.text, file);
    } else if (answer === '' || time === undefined) {
      sink.reject(row.number, 'answer or time is missing', row.text, file);
    } else if (known.tags === '') sink.untagged(row.number, row.text, file);
    else {
      sink.add({
        learner,
        question,
        concepts: known.tags,
        response: answer === known.answer ? 1 : 0,
        order: time,
        duration,
        together: visit,
      });
    }
  }
}

interface Answered {
  readonly row: ActionRow;
  readonly question: string;
  readonly answer: string;
  readonly time: number | undefined;
  readonly duration: number | undefined;
  /** Questions of one visit are answered before any of their answers is told right or wrong. */
  readonly visit: string;
}

function answersOfRows(rows: readonly ActionRow[]): Answered[] {
  return rows.map((row) => ({
    row,
    question: row.cell('question_id'),
    answer: row.cell('user_answer'),
    time: numberOf(row.cell('timestamp')),
    duration: numberOf(row.cell('elapsed_time')),
    visit: row.cell('solving_id'),
  }));
}

/**
 * From KT2 to KT1: of each visit to a bundle, the last choice for each question before the submission, at the time when the bundle
 * was entered; the time that it took is shared out evenly among the questions.
 */
function answersOfActions(rows: readonly ActionRow[], questions: ReadonlyMap<string, Question>): Answered[] {
  const answered: Answered[] = [];
  const entered = new Map<string, number | undefined>();
  const choices = new Map<string, Map<string, ActionRow>>();
  let visits = 0;
  for (const row of rows.toSorted((a, b) => Number(a.cell('timestamp')) - Number(b.cell('timestamp')))) {
    const item = row.cell('item_id');
    const time = numberOf(row.cell('timestamp'));
    switch (row.cell('action_type')) {
      case 'enter':
      case 'text_enter':
        entered.set(item, time);
        choices.delete(item);
        break;
      case 'respond': {
        const bundle = questions.get(item)?.bundle ?? item;
        const own = choices.get(bundle) ?? new Map<string, ActionRow>();
        choices.set(bundle, own.set(item, row));
        break;
      }
      case 'submit': {
        const own = choices.get(item) ?? new Map<string, ActionRow>();
        const start = entered.get(item);
        const duration = start === undefined || time === undefined ? undefined : (time - start) / own.size;
        visits += 1;
        for (const [question, choice] of own) {
          const answer = choice.cell('user_answer');
          answered.push({ row: choice, question, answer, time: start ?? time, duration, visit: `${visits}` });
        }
        choices.delete(item);
        break;
      }
    }
  }
  return answered;
}
