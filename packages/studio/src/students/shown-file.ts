import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ShownFile } from '../api/index.js';

/** Of larger files the beginning is shown. */
const mostBytes = 256 * 1024;
const mostRows = 200;
const mostCharacters = 500;

/** Rows of cells; the first are the names of the columns. */
type Rows = readonly (readonly string[])[];

/** How files are read as tables, by the end of their names; undefined where one is no table. */
const readers: Readonly<Record<string, (text: string) => Rows | undefined>> = {
  csv: (text) => separated(text, ','),
  tsv: (text) => separated(text, '\t'),
  jsonl: (text) => ofObjects(text.split('\n').flatMap((line) => parsed(line) ?? [])),
  json: (text) => ofObjects(parsed(text)),
  txt: () => undefined,
  md: () => undefined,
};

const endOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1).toLowerCase();

/** Whether the beginning of a file says something to a reader. */
export function isShown(path: string): boolean {
  return Object.hasOwn(readers, endOf(path));
}

/** The beginning of a file, as a table where it is one. */
export function showFile(path: string): ShownFile {
  const { text, isCut } = beginningOf(path);
  const rows = readers[endOf(path)]?.(text);
  if (!rows || rows.length < 2) return { kind: 'text', text, isCut };
  const [columns = [], ...rest] = rows;
  return {
    kind: 'table',
    columns: [...columns],
    rows: rest.slice(0, mostRows).map((row) => row.map((cell) => cell.slice(0, mostCharacters))),
    isCut: isCut || rest.length > mostRows,
  };
}

/** The first bytes as text; of a cut file whole lines alone, where it has any. */
function beginningOf(path: string): { readonly text: string; readonly isCut: boolean } {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(mostBytes, size));
    readSync(descriptor, bytes, 0, bytes.length, 0);
    const text = bytes.toString('utf8');
    const isCut = size > mostBytes;
    return { text: isCut ? text.slice(0, text.lastIndexOf('\n') + 1) || text : text, isCut };
  } finally {
    closeSync(descriptor);
  }
}

/** Rows of a table with a separator, in which a field in quotes may hold separators, line ends and doubled quotes (RFC 4180). */
function separated(text: string, separator: string): Rows {
  const fields = new RegExp(`(?:"((?:[^"]|"")*)"|([^${separator}\\n\\r"]*))(${separator}|\\r?\\n|$)`, 'gy');
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(fields)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === separator) continue;
    if (row.some((cell) => cell !== '')) rows.push(row);
    row = [];
  }
  return rows;
}

/** Rows of objects, with a column for each name; undefined for anything else. */
function ofObjects(content: unknown): Rows | undefined {
  if (!Array.isArray(content) || content.length === 0 || !content.every(isRecord)) return undefined;
  const columns = [...new Set(content.flatMap(Object.keys))];
  return [columns, ...content.map((row) => columns.map((name) => cellOf(row[name])))];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
