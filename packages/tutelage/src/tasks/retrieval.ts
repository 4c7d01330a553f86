import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../core/errors.js';
import { chooseColumns, type Role } from './columns.js';
import { readLines } from './lines.js';
import { checkRejected, openRejectLog, type RejectLog, type RejectSummary } from './rejected.js';
import { SPLIT_NAMES, type SplitName } from './splits.js';
import { type BadRow, openTable, type Row, type TableOptions } from './table.js';

export interface RetrievalDocument {
  readonly title: string | undefined;
  readonly text: string;
}

/** Relevance by query id and document id: greater is more relevant, 0 or less is judged not relevant. */
export type Judgements = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** A folder in BEIR's layout, or the files one by one. */
export type RetrievalFiles =
  | string
  | {
      readonly queries: string;
      readonly documents: string;
      readonly judgements: Partial<Readonly<Record<SplitName, string>>>;
    };

export interface RetrievalOptions extends TableOptions {
  /** Where to write the rows that can't be used. */
  readonly rejectedPath?: string;
  /** The share of rows that may be rejected before reading fails, in [0, 1]; 0.05 if not given. */
  readonly maxRejectedShare?: number;
}

export interface RetrievalData {
  readonly queries: ReadonlyMap<string, string>;
  readonly documents: ReadonlyMap<string, RetrievalDocument>;
  readonly judgements: Readonly<Record<SplitName, Judgements>>;
  readonly rejected: RejectSummary;
}

interface Reading {
  readonly options: RetrievalOptions;
  readonly log: RejectLog;
  total: number;
}

/**
 * Reads queries, documents and relevance judgements into memory. Queries and documents are tables with an id and a
 * text (and a title, for documents); judgements are TREC qrels (query, iteration, document, relevance, separated by
 * blanks; the iteration may be missing) or a table. BEIR's layout (Thakur et al. 2021) is a folder with corpus.jsonl,
 * queries.jsonl and qrels/train.tsv, dev.tsv, test.tsv; each may be gzipped.
 *
 * @throws UserError if a file can't be read, a column can't be found, or too many rows can't be used
 */
export async function readRetrieval(
  files: RetrievalFiles,
  options: RetrievalOptions = {},
): Promise<RetrievalData> {
  const paths = typeof files === 'string' ? await beirFiles(files) : files;
  const reading: Reading = { options, log: openRejectLog(options.rejectedPath), total: 0 };
  const queries = new Map<string, string>();
  const documents = new Map<string, RetrievalDocument>();
  const judgements = { train: new Map(), validation: new Map(), test: new Map() };
  let rejected: RejectSummary;
  try {
    await readTexts('queries', paths.queries, reading, (id, { text }) => enter(queries, id, text));
    await readTexts('documents', paths.documents, reading, (id, document) => enter(documents, id, document));
    for (const split of SPLIT_NAMES) {
      const path = paths.judgements[split];
      if (path === undefined) continue;
      await readJudgements(split, path, reading, (query, document, relevance) => {
        if (!queries.has(query)) return 'no such query';
        if (!documents.has(document)) return 'no such document';
        const ofQuery: Map<string, number> = judgements[split].get(query) ?? new Map();
        judgements[split].set(query, ofQuery);
        return enter(ofQuery, document, relevance);
      });
    }
  } finally {
    rejected = reading.log.close();
  }
  checkRejected(rejected, reading.total, options.maxRejectedShare ?? 0.05);
  return { queries, documents, judgements, rejected };
}

/** Adds an entry; one that says the same again is no fault. */
function enter<V>(map: Map<string, V>, key: string, value: V): string | undefined {
  const known = map.get(key);
  if (known === undefined) map.set(key, value);
  else if (!isDeepStrictEqual(known, value)) return 'repeated with another content';
  return undefined;
}

async function beirFiles(folder: string): Promise<Exclude<RetrievalFiles, string>> {
  const [queries, documents] = await Promise.all([
    existing(join(folder, 'queries.jsonl')),
    existing(join(folder, 'corpus.jsonl')),
  ]);
  const [train, validation, test] = await Promise.all(
    ['train', 'dev', 'test'].map((name) => existing(join(folder, 'qrels', `${name}.tsv`))),
  );
  if (queries === undefined || documents === undefined || (train ?? validation ?? test) === undefined) {
    throw new UserError(`not a folder of queries, documents and judgements: ${folder}`, {
      hint: 'it should have queries.jsonl, corpus.jsonl, and at least one of qrels/train.tsv, dev.tsv, test.tsv',
    });
  }
  const judgements = {
    ...(train === undefined ? {} : { train }),
    ...(validation === undefined ? {} : { validation }),
    ...(test === undefined ? {} : { test }),
  };
  return { queries, documents, judgements };
}

async function existing(path: string): Promise<string | undefined> {
  for (const candidate of [path, `${path}.gz`]) {
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isFile()) return candidate;
  }
  return undefined;
}

/** Reads a table of texts; `use` says why a text can't be used. */
async function readTexts(
  source: string,
  path: string,
  reading: Reading,
  use: (id: string, document: RetrievalDocument) => string | undefined,
): Promise<void> {
  const table = await openTable(path, reading.options);
  const roles: Role[] = source === 'documents' ? ['title', 'text', 'id'] : ['text', 'id'];
  const { names } = chooseColumns(table, roles, ['text', 'id']);
  const wanted = [names.id!, names.text!, ...(names.title === undefined ? [] : [names.title])];
  for await (const batch of table.rows(wanted)) {
    for (const row of batch) {
      reading.total++;
      reject(source, row, reading.log, ([id, text, title = null]) => {
        if (typeof id !== 'string' || id.trim() === '') return 'id is missing';
        const body = typeof text === 'string' ? text : '';
        const heading = typeof title === 'string' && title.trim() !== '' ? title : undefined;
        if (body.trim() === '' && heading === undefined) return 'text is missing';
        return use(id.trim(), { title: heading, text: body });
      });
    }
  }
}

const TREC_LINE = /^(\S+)\s+(?:\S+\s+)?(\S+)\s+([-+]?\d+(?:\.\d+)?)$/;

async function readJudgements(
  source: SplitName,
  path: string,
  reading: Reading,
  use: (query: string, document: string, relevance: number) => string | undefined,
): Promise<void> {
  for await (const batch of await judgementRows(path, reading.options)) {
    for (const row of batch) {
      reading.total++;
      reject(source, row, reading.log, ([query, document, relevance]) => {
        if (typeof query !== 'string' || typeof document !== 'string') return 'query or document is missing';
        const value =
          typeof relevance === 'string' && relevance.trim() !== '' ? Number(relevance) : Number.NaN;
        return Number.isFinite(value)
          ? use(query.trim(), document.trim(), value)
          : 'relevance is not a number';
      });
    }
  }
}

async function judgementRows(path: string, options: TableOptions): Promise<AsyncGenerator<(Row | BadRow)[]>> {
  for await (const lines of readLines(path)) {
    const first = lines.find(({ text }) => text.trim() !== '');
    if (first === undefined) continue;
    if (TREC_LINE.test(first.text.trim())) return trecRows(path);
    break;
  }
  const table = await openTable(path, options);
  const { names } = chooseColumns(
    table,
    ['query', 'document', 'relevance'],
    ['query', 'document', 'relevance'],
  );
  return table.rows([names.query!, names.document!, names.relevance!]);
}

async function* trecRows(path: string): AsyncGenerator<(Row | BadRow)[]> {
  for await (const lines of readLines(path)) {
    yield lines
      .filter(({ text, problem }) => problem !== undefined || text.trim() !== '')
      .map(({ number, text, problem }) => {
        const cells = TREC_LINE.exec(text.trim())?.slice(1);
        if (problem === undefined && cells !== undefined) return { row: number, cells };
        return { row: number, problem: problem ?? 'not a line of TREC judgements', raw: text };
      });
  }
}

function reject(
  source: string,
  row: Row | BadRow,
  log: RejectLog,
  use: (cells: Row['cells']) => string | undefined,
): void {
  const reason = 'problem' in row ? row.problem : use(row.cells);
  if (reason === undefined) return;
  log.add({ source, row: row.row, reason, raw: 'raw' in row ? row.raw : JSON.stringify(row.cells) });
}
