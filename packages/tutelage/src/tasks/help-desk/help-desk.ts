import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../../core/errors.js';
import { checkRejected, openRejectLog, type RejectLog } from '../rejected.js';
import type { SplitName } from '../splits.js';
import { alloprofFiles } from './alloprof-files.js';
import { benchmarkFiles } from './benchmark-files.js';
import { plainFiles } from './plain-files.js';

/** What may be said of who asks and who is meant; pages may be for several. */
interface Audience {
  readonly subjects: readonly string[];
  /** Years of school, 1 and above. */
  readonly grades: readonly number[];
  readonly language: string | undefined;
}

/** A page that may answer questions. */
export interface HelpPage extends Audience {
  readonly id: string;
  /** As links give it, or its path alone. */
  readonly url: string | undefined;
  readonly title: string;
  readonly text: string;
}

/** What a pupil asked, and what accepted answers said. */
export interface HelpQuestion extends Audience {
  readonly id: string;
  readonly text: string;
  /** Accepted ones, as they are written, with their links. */
  readonly answers: readonly string[];
  /** Ids of pages and questions that answer it, where the data give them beside the answers. */
  readonly relevant: readonly string[];
  readonly user: string | undefined;
  /** Sorts as time does. */
  readonly time: string | undefined;
  readonly split: SplitName | undefined;
  readonly images: number;
}

/** Questions of a forum and the pages of its help. */
export interface HelpDesk {
  readonly name: string;
  /** SHA-256 of all. */
  readonly hash: string;
  readonly questions: readonly HelpQuestion[];
  readonly pages: readonly HelpPage[];
  /** What the user should know before trusting a result. */
  readonly warnings: readonly string[];
}

/** Where rows that can't be used are told of. */
export interface HelpDeskReading {
  readonly log: RejectLog;
  total: number;
}

export type HelpDeskFiles = Pick<HelpDesk, 'questions' | 'pages'>;

const mostRejected = 0.05;

/**
 * Reads a folder of questions, accepted answers and pages: tables and texts ({@link plainFiles}), the files of Alloprof's repository
 * ({@link alloprofFiles}) or those of its benchmark ({@link benchmarkFiles}).
 *
 * @throws {UserError} when it is none of them, too many rows can't be used, or ids occur twice
 */
export async function readHelpDesk(path: string): Promise<HelpDesk> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new UserError(`no such folder: ${path}`, { hint: 'give a folder of questions, answers and pages' });
  }
  const reading: HelpDeskReading = { log: openRejectLog(), total: 0 };
  const { questions, pages } = await filesIn(path, reading);
  const rejected = reading.log.close();
  checkRejected(rejected, reading.total, mostRejected);
  checkIds('question', questions);
  checkIds('page', pages);
  const hash = createHash('sha256')
    .update(JSON.stringify([questions, pages]))
    .digest('hex');
  const warnings = Array.from(rejected.byReason, ([reason, count]) => `${count} rows left out: ${reason}`);
  return {
    name: basename(path),
    hash,
    questions,
    pages,
    warnings: [...warnings, ...personal(questions)],
  };
}

function filesIn(path: string, reading: HelpDeskReading): Promise<HelpDeskFiles> {
  for (const folder of [path, join(path, 'data')]) {
    if (existsSync(join(folder, 'questions/discussions.json'))) return alloprofFiles(folder, reading);
  }
  if (existsSync(join(path, 'documents.json'))) return benchmarkFiles(path, reading);
  return plainFiles(path, reading);
}

function checkIds(kind: string, all: readonly { readonly id: string }[]): void {
  if (all.length === 0) throw new UserError(`there is no ${kind}`);
  const seen = new Set<string>();
  const repeated = new Set(all.map(({ id }) => id).filter((id) => seen.has(id) || !seen.add(id)));
  if (repeated.size === 0) return;
  throw new UserError(`${kind} ids that occur twice: ${repeated.size}`, {
    detail: [...repeated].slice(0, 10).join(', '),
    hint: `give each ${kind} an id of its own`,
  });
}

const [mail, introduced] = [/[\w.+-]+@[\w-]+\.\w+/, /\b(?:je m['’]appelle|my name is)\s+\p{L}/iu];

function personal(questions: readonly HelpQuestion[]): string[] {
  const told = [
    ['ids of users', questions.filter(({ user }) => user !== undefined)],
    ['mail addresses', questions.filter(({ text }) => mail.test(text))],
    ['names', questions.filter(({ text }) => introduced.test(text))],
    ['images', questions.filter(({ images }) => images > 0)],
  ] as const;
  const found = told.filter(([, where]) => where.length > 0);
  if (found.length === 0) return [];
  const counts = found.map(([what, where]) => `${what} (${where.length} questions)`).join(', ');
  return [`personal data: ${counts}: keep the data and what is written from them where they are`];
}
