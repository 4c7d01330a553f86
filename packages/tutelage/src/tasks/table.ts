import { resolve } from 'node:path';
import { UserError } from '../core/errors.js';
import { looksLikeHeader } from './columns.js';
import { type DelimitedRecord, type Dialect, guessDialect, recordAssembler } from './delimited.js';
import { jsonArrayElements, parquetColumns, parquetText } from './duck.js';
import { type Encoding, firstBytes, type Line, readLines } from './lines.js';

/** A list or an object where one value was expected. */
export interface Nested {
  readonly nested: 'list' | 'object';
}

/** Numbers and booleans come as text; null stands for a missing value. */
export type Cell = string | null | Nested;

export interface Row {
  /** Line on which the row begins (text files; the header counts), or its position from 1 (Parquet, JSON arrays). */
  readonly row: number;
  /** In the order of the columns asked for. */
  readonly cells: readonly Cell[];
}

/** A row that can't be read. */
export interface BadRow {
  readonly row: number;
  readonly problem: string;
  readonly raw: string;
}

/** A file of rows, opened for any number of passes. */
export interface Table {
  readonly path: string;
  readonly format: 'delimited' | 'jsonl' | 'json' | 'parquet';
  readonly columns: readonly string[];
  /** The first rows (at most 1000, fewer if they are long), with all columns. */
  readonly sample: readonly Row[];
  /** All rows in order, in batches. Memory does not grow with the file. */
  rows(columns: readonly string[]): AsyncGenerator<(Row | BadRow)[]>;
}

export interface TableOptions {
  /** One character between the cells of a delimited file; guessed if not given. */
  readonly delimiter?: string;
  /** Whether the first record of a delimited file names the columns; guessed if not given. */
  readonly header?: boolean;
  /** Of the lines of a delimited file that are not UTF-8. */
  readonly encoding?: Encoding;
}

const SAMPLE_ROWS = 1000;
const SAMPLE_CHARACTERS = 1 << 18;
const MAX_COLUMNS = 10_000;

/**
 * Opens a table file: CSV, TSV and the like, JSON lines, one JSON array of objects, or Parquet; all but Parquet may be
 * gzipped. The format follows from the name (.csv, .tsv, .jsonl, .ndjson), otherwise from the content.
 *
 * @throws UserError if the file can't be read or is empty
 */
export async function openTable(file: string, options: TableOptions = {}): Promise<Table> {
  const path = resolve(file);
  const { delimiter } = options;
  if (delimiter !== undefined && (delimiter.length !== 1 || /["\r\n]/.test(delimiter))) {
    throw new UserError(`impossible delimiter: ${JSON.stringify(delimiter)}`, { hint: 'give one character' });
  }
  const head = await firstBytes(path, 4);
  if (head.length === 0) throw new UserError(`file is empty: ${path}`);
  if (head.toString('latin1') === 'PAR1') return openParquet(path);
  const lines = await firstLines(path, options.encoding);
  if (/\.(csv|tsv)(\.gz)?$/i.test(path)) return openDelimited(path, lines, options);
  const start = lines.find(({ text }) => text.trim() !== '')?.text.trimStart() ?? '';
  if (/\.(jsonl|ndjson)(\.gz)?$/i.test(path) || start.startsWith('{')) return openJsonLines(path);
  if (start.startsWith('[')) return openJsonArray(path, head[0] === 0x1f && head[1] === 0x8b);
  if (start.startsWith('PAR1')) {
    throw new UserError(`Parquet file is gzipped: ${path}`, {
      hint: 'unzip it; Parquet is compressed already',
    });
  }
  return openDelimited(path, lines, options);
}

async function firstLines(path: string, encoding: Encoding | undefined): Promise<Line[]> {
  const lines: Line[] = [];
  let characters = 0;
  for await (const batch of readLines(path, encoding)) {
    for (const line of batch) {
      lines.push(line);
      characters += line.text.length;
      if (lines.length === SAMPLE_ROWS || characters > SAMPLE_CHARACTERS) return lines;
    }
  }
  return lines;
}

function limitColumns(path: string, count: number): void {
  if (count > MAX_COLUMNS) throw new UserError(`more than ${MAX_COLUMNS} columns: ${path}`);
}

async function sampled(table: Omit<Table, 'sample'>): Promise<Table> {
  const sample: Row[] = [];
  let characters = 0;
  reading: for await (const batch of table.rows(table.columns)) {
    for (const row of batch) {
      if (!('cells' in row)) continue;
      sample.push(row);
      for (const cell of row.cells) characters += typeof cell === 'string' ? cell.length : 0;
      if (sample.length === SAMPLE_ROWS || characters > SAMPLE_CHARACTERS) break reading;
    }
  }
  return { ...table, sample };
}

async function openDelimited(path: string, lines: readonly Line[], options: TableOptions): Promise<Table> {
  if (lines.filter(({ text }) => text.includes('\0')).length > lines.length / 4) {
    throw new UserError(`not a text file: ${path}`, {
      hint: 'CSV, TSV, JSON, JSON lines and Parquet are read',
    });
  }
  const delimiter = options.delimiter ?? (/\.tsv(\.gz)?$/i.test(path) ? '\t' : undefined);
  const dialect = guessDialect(lines, delimiter === undefined ? undefined : [delimiter]);
  const assembler = recordAssembler(dialect);
  const records = [...assembler.take(lines), ...assembler.end()];
  const [first, ...others] = records.filter(({ problem }) => problem === undefined);
  if (first === undefined) {
    throw new UserError(`no readable row: ${path}`, { detail: records[0]?.problem ?? 'only blank lines' });
  }
  limitColumns(path, first.cells.length);
  const body = others.map(({ cells }) => cells).filter((cells) => !sameCells(cells, first.cells));
  const header = (options.header ?? looksLikeHeader(first.cells, body)) ? first.cells : undefined;
  const columns = header ? uniqueNames(header) : first.cells.map((_, i) => `column${i + 1}`);

  return sampled({
    path,
    format: 'delimited',
    columns,
    async *rows(wanted) {
      const positions = wanted.map((name) => columns.indexOf(name));
      for await (const batch of readRecords(path, dialect, options.encoding)) {
        const records = header ? batch.filter(({ row }) => row !== first.row) : batch;
        yield records.map((record) => {
          const problem = record.problem ?? cellsProblem(record.cells, columns.length, header);
          if (problem !== undefined) return { row: record.row, problem, raw: record.cells.join(' | ') };
          return { row: record.row, cells: positions.map((p) => record.cells[p]!) };
        });
      }
    },
  });
}

function cellsProblem(
  cells: readonly string[],
  width: number,
  header: readonly string[] | undefined,
): string | undefined {
  if (cells.length !== width) return `expected ${width} cells, found ${cells.length}`;
  return header !== undefined && sameCells(cells, header) ? 'repeats the header' : undefined;
}

function sameCells(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((cell, i) => cell === b[i]);
}

async function* readRecords(
  path: string,
  dialect: Dialect,
  encoding: Encoding | undefined,
): AsyncGenerator<DelimitedRecord[]> {
  const assembler = recordAssembler(dialect);
  for await (const lines of readLines(path, encoding)) yield assembler.take(lines);
  yield assembler.end();
}

function uniqueNames(header: readonly string[]): string[] {
  const names: string[] = [];
  for (const [i, cell] of header.entries()) {
    const wanted = cell.trim() || `column${i + 1}`;
    let name = wanted;
    for (let n = 2; names.includes(name); n++) name = `${wanted}_${n}`;
    names.push(name);
  }
  return names;
}

interface JsonText {
  readonly row: number;
  readonly text: string;
  readonly problem?: string;
}

function openJsonLines(path: string): Promise<Table> {
  return openJson(path, 'jsonl', async function* () {
    for await (const lines of readLines(path)) {
      yield lines
        .filter(({ text, problem }) => problem !== undefined || text.trim() !== '')
        .map(({ number, ...line }) => ({ row: number, ...line }));
    }
  });
}

function openJsonArray(path: string, zipped: boolean): Promise<Table> {
  return openJson(path, 'json', async function* () {
    let row = 0;
    for await (const [texts] of jsonArrayElements(path, zipped)) {
      yield texts!.map((text) => ({ row: ++row, text: String(text) }));
    }
  });
}

/** The columns of JSON objects are the keys of the first ones. */
async function openJson(
  path: string,
  format: 'json' | 'jsonl',
  read: () => AsyncGenerator<JsonText[]>,
): Promise<Table> {
  const columns = new Set<string>();
  let seen = 0;
  for await (const batch of read()) {
    for (const { text } of batch.slice(0, SAMPLE_ROWS - seen)) {
      for (const key of Object.keys(parseObject(text) ?? {})) columns.add(key);
    }
    limitColumns(path, columns.size);
    seen += batch.length;
    if (seen >= SAMPLE_ROWS) break;
  }
  if (columns.size === 0 && seen > 0) {
    throw new UserError(`no row is a JSON object: ${path}`, {
      hint: 'put one object on each line, or all in one list: [{...}, {...}]',
    });
  }
  return sampled({
    path,
    format,
    columns: [...columns],
    async *rows(wanted) {
      for await (const batch of read()) yield batch.map((json) => jsonRow(json, wanted));
    },
  });
}

function jsonRow({ row, text, problem }: JsonText, wanted: readonly string[]): Row | BadRow {
  if (problem !== undefined) return { row, problem, raw: text };
  const object = parseObject(text);
  if (object === undefined) return { row, problem: 'not a JSON object', raw: text };
  return { row, cells: wanted.map((name) => (Object.hasOwn(object, name) ? jsonCell(object[name]) : null)) };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function jsonCell(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'object') return { nested: Array.isArray(value) ? 'list' : 'object' };
  return String(value);
}

async function openParquet(path: string): Promise<Table> {
  const columns = await parquetColumns(path);
  limitColumns(path, columns.length);
  const nested = new Map(columns.map((column) => [column.name, column.nested]));
  return sampled({
    path,
    format: 'parquet',
    columns: columns.map(({ name }) => name),
    async *rows(wanted) {
      let row = 0;
      for await (const chunk of parquetText(path, wanted)) {
        const kinds = wanted.map((name) => nested.get(name));
        yield chunk[0]!.map((_, i) => ({
          row: ++row,
          cells: chunk.map((values, c): Cell => {
            const value = values[i] ?? null;
            const kind = kinds[c];
            if (value === null) return null;
            return kind === undefined ? String(value) : { nested: kind };
          }),
        }));
      }
    },
  });
}
