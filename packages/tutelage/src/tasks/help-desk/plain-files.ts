import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { UserError } from '../../core/errors.js';
import { explained } from '../../runs/file-errors.js';
import { openTable } from '../table.js';
import type { HelpDeskFiles, HelpDeskReading, HelpPage, HelpQuestion } from './help-desk.js';

const endings = ['.csv', '.tsv', '.jsonl', '.json', '.parquet'];

/**
 * Tables (CSV, TSV, JSON lines, a JSON array, Parquet) of `questions`, `answers` and `pages`; pages may be a folder of HTML and Markdown
 * files instead.
 *
 * - questions: id, text, perhaps subject, grade, language, user, time, split, and relevant, ids of pages that answer it
 * - answers: question, text, perhaps accepted: where there is the column, answers without it do not count
 * - pages: id, text, perhaps url, title, subject, grade, language
 *
 * Several subjects, grades and relevant ids are separated by semicolons.
 *
 * @throws {UserError} when questions or pages are missing, or their columns
 */
export async function plainFiles(folder: string, reading: HelpDeskReading): Promise<HelpDeskFiles> {
  const answers = new Map<string, string[]>();
  const answered = tableIn(folder, 'answers');
  if (answered) {
    for (const row of await rowsOf(answered, ['question', 'text'], ['accepted'], reading)) {
      if (row.accepted !== undefined && /^(|0|no|false|null)$/i.test(row.accepted.trim())) continue;
      answers.set(row.question!, [...(answers.get(row.question!) ?? []), row.text!]);
    }
  }
  const asked = tableIn(folder, 'questions');
  if (!asked) {
    throw new UserError(`no questions: ${folder}`, {
      hint: 'it should have questions.csv (id, text), answers.csv (question, text) and pages.csv or a folder pages; or the files of Alloprof or its benchmark',
    });
  }
  const optional = ['subject', 'grade', 'language', 'user', 'time', 'split', 'relevant'];
  const questions = (await rowsOf(asked, ['id', 'text'], optional, reading)).map(
    (row): HelpQuestion => ({
      id: row.id!,
      text: row.text!,
      answers: answers.get(row.id!) ?? [],
      relevant: listed(row.relevant),
      ...audience(row),
      user: row.user || undefined,
      time: row.time || undefined,
      split: row.split === 'train' || row.split === 'test' ? row.split : undefined,
      images: (row.text!.match(/https?:\S+\.(?:png|jpe?g|gif|webp)/gi) ?? []).length,
    }),
  );
  return { questions, pages: await pagesIn(folder, reading) };
}

async function pagesIn(folder: string, reading: HelpDeskReading): Promise<HelpPage[]> {
  const table = tableIn(folder, 'pages');
  if (table) {
    const optional = ['url', 'title', 'subject', 'grade', 'language'];
    return (await rowsOf(table, ['id', 'text'], optional, reading)).map((row) => ({
      id: row.id!,
      url: row.url || undefined,
      title: row.title ?? '',
      text: [row.title, row.text].filter(Boolean).join('. '),
      ...audience(row),
    }));
  }
  const root = join(folder, 'pages');
  if (!existsSync(root))
    throw new UserError(`no pages: ${folder}`, { hint: 'give pages.csv or a folder pages' });
  const entries = explained('read the pages', root, () =>
    readdirSync(root, { recursive: true, withFileTypes: true }),
  );
  return entries
    .filter((entry) => entry.isFile() && /\.(html?|md|txt)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => {
      const content = explained('read a page', path, () => readFileSync(path, 'utf8'));
      const id = relative(root, path).split(sep).join('/');
      const { title, text } = /\.html?$/i.test(path) ? htmlText(content) : markdownText(content);
      const url = `/${id.replace(/\.\w+$/, '')}`;
      return { id, url, title, text, subjects: [], grades: [], language: undefined };
    });
}

function htmlText(html: string): { title: string; text: string } {
  const bare = html.replaceAll(/<(script|style)\b.*?<\/\1>/gis, ' ');
  const plain = (some: string) =>
    some
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll('&nbsp;', ' ')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll(/&#(\d{1,6});/g, (_, code: string) => String.fromCodePoint(Number(code)))
      .replaceAll('&amp;', '&')
      .replaceAll(/\s+/g, ' ')
      .trim();
  const title =
    /<title[^>]*>(.*?)<\/title>/is.exec(bare)?.[1] ?? /<h1[^>]*>(.*?)<\/h1>/is.exec(bare)?.[1] ?? '';
  return { title: plain(title), text: plain(bare) };
}

function markdownText(text: string): { title: string; text: string } {
  const title = /^#+\s*(.+)$/m.exec(text)?.[1] ?? text.trim().split('\n')[0] ?? '';
  return {
    title,
    text: text
      .replaceAll(/[#*_`>[\]()]+/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  };
}

function tableIn(folder: string, name: string): string | undefined {
  return endings.map((ending) => join(folder, name + ending)).find(existsSync);
}

type Texts = Readonly<Record<string, string | undefined>>;

/** Rows with all of the columns that are needed filled, and of the others those that there are. */
async function rowsOf(
  path: string,
  needed: readonly string[],
  optional: readonly string[],
  reading: HelpDeskReading,
): Promise<Texts[]> {
  const table = await openTable(path);
  const missing = needed.find((name) => !table.columns.includes(name));
  if (missing !== undefined) {
    throw new UserError(`no column ${missing}: ${path}`, { detail: `columns: ${table.columns.join(', ')}` });
  }
  const names = [...needed, ...optional.filter((name) => table.columns.includes(name))];
  const found: Texts[] = [];
  for await (const batch of table.rows(names)) {
    for (const row of batch) {
      reading.total++;
      const reject = (reason: string) =>
        reading.log.add({ source: path, row: row.row, reason, raw: JSON.stringify(row) });
      if ('problem' in row) {
        reject(row.problem);
        continue;
      }
      const texts = Object.fromEntries(
        names.map((name, i) => [name, typeof row.cells[i] === 'string' ? row.cells[i] : '']),
      );
      const empty = needed.find((name) => texts[name]!.trim() === '');
      if (empty === undefined) found.push(texts);
      else reject(`${empty} is missing`);
    }
  }
  return found;
}

function listed(cell: string | undefined): string[] {
  return (cell ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function audience({ subject, grade, language }: Texts): Pick<HelpPage, 'subjects' | 'grades' | 'language'> {
  return {
    subjects: listed(subject),
    grades: listed(grade).map(Number).filter(Number.isFinite),
    language: language || undefined,
  };
}
