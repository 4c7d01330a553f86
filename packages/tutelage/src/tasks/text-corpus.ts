import { createHash } from 'node:crypto';
import { UserError } from '../core/errors.js';
import { given } from '../core/given.js';
import { type ColumnChoice, chooseColumns } from './columns.js';
import { duplicateWarnings, guessWarnings, rejectionWarnings } from './dataset-warnings.js';
import { findDuplicates, normaliseText } from './duplicates.js';
import { TextIndex } from './hash.js';
import { readLines } from './lines.js';
import { checkRejected, openRejectLog, type RejectLog, type RejectSummary } from './rejected.js';
import {
  checkedShares,
  completeSplits,
  type Shares,
  SPLIT_NAMES,
  type SplitName,
  splitNamed,
} from './splits.js';
import { openTable, type TableOptions } from './table.js';

/** Texts to learn a language from. */
export interface TextCorpus {
  readonly splits: Readonly<Record<SplitName, readonly string[]>>;
  readonly rejected: RejectSummary;
  /** What the user should know before trusting a result. */
  readonly warnings: readonly string[];
  /** SHA-256 of the usable texts in order, with the split that is given. */
  readonly hash: string;
}

export interface CorpusOptions extends TableOptions {
  /** Columns to use in tables; the text is guessed if not named. */
  readonly columns?: Partial<Record<'text' | 'split', string>>;
  /** Files for validation and test; otherwise held out. */
  readonly validation?: string;
  readonly test?: string;
  /** What to hold out for the splits that are not given; 0.1 and 0.1 if not given. */
  readonly shares?: Shares;
  /** Of tables: another seed holds out other rows. */
  readonly seed?: number;
  /** Where to write the rows or lines that can't be used. */
  readonly rejectedPath?: string;
  /** The share of rows or lines that may be rejected before reading fails, in [0, 1]; 0.05 if not given. */
  readonly maxRejectedShare?: number;
}

interface CorpusText {
  readonly place: string;
  readonly text: string;
  readonly split: SplitName | undefined;
}

/** A line this long that stands in two splits is no chance. */
const tellingLine = 60;

/**
 * Reads texts to learn a language from: tables (CSV, TSV, JSON, JSON lines, Parquet) with one text a row, whose rows are divided by
 * seed; any other file is one text, whose beginning is for training, and its end for validation and test, so that nothing that is
 * tested stands beside what was learned.
 *
 * @throws UserError if a file can't be read, a column can't be found, or too many rows or lines can't be used
 */
export async function readTextCorpus(path: string, options: CorpusOptions = {}): Promise<TextCorpus> {
  const shares = checkedShares(options.shares);
  const { texts, columns, rejected } = await readAll(path, options);
  const [first, ...others] = texts;
  if (first === undefined) throw new UserError(`no text: ${path}`);
  const isWhole = !isTable(path);
  const divided = isWhole ? [...cut(first, sharesMissing(texts, shares)), ...others] : texts;
  const index = new TextIndex();
  const firsts = Int32Array.from(divided, ({ text }) => index.add(normaliseText(text)));
  const given = Int32Array.from(divided, ({ split }) =>
    split === undefined ? -1 : SPLIT_NAMES.indexOf(split),
  );
  const none = new Int32Array(divided.length);
  const splits = completeSplits(given, index.ranks(options.seed ?? 0), none, 1, isWhole ? nothing : shares);
  const of = (split: SplitName) =>
    divided.filter((_, i) => splits[i] === SPLIT_NAMES.indexOf(split)).map(({ text }) => text);
  const parts = { train: of('train'), validation: of('validation'), test: of('test') };
  const duplicates = findDuplicates(firsts, none, splits, (at) => divided[at]!.place);
  return {
    splits: parts,
    rejected,
    warnings: [
      ...guessWarnings(columns),
      ...rejectionWarnings(rejected),
      ...SPLIT_NAMES.filter((split) => parts[split].length === 0).map((split) => `no text for ${split}`),
      ...duplicateWarnings(duplicates),
      ...(isWhole ? repeatedLines(parts) : []),
    ],
    hash: hashOf(texts),
  };
}

/** The texts of all files, with the split that each is given. */
async function readAll(path: string, options: CorpusOptions) {
  const { validation, test } = options;
  const isOne = validation === undefined && test === undefined;
  const files = {
    [isOne ? 'data' : 'train']: path,
    ...given({ validation, test }),
  };
  const log = openRejectLog(options.rejectedPath);
  const columns = new Map<string, ColumnChoice>();
  const texts: CorpusText[] = [];
  let total = 0;
  let rejected: RejectSummary;
  try {
    for (const [name, file] of Object.entries(files)) {
      total += await (isTable(file)
        ? readRows(name, file, options, log, columns, texts)
        : readText(name, file, log, texts));
    }
  } finally {
    rejected = log.close();
  }
  checkRejected(rejected, total, options.maxRejectedShare ?? 0.05);
  return { texts, columns, rejected };
}

/** What is to be held out of the first text: nothing for a split that has a file of its own. */
function sharesMissing(texts: readonly CorpusText[], { validation, test }: Shares): Shares {
  const isGiven = (split: SplitName) => texts.some((text) => text.split === split);
  return { validation: isGiven('validation') ? 0 : validation, test: isGiven('test') ? 0 : test };
}

const nothing: Shares = { validation: 0, test: 0 };

function isTable(path: string): boolean {
  return /\.(csv|tsv|json|jsonl|ndjson|parquet)(\.gz)?$/i.test(path);
}

/** Enters a file as one text. Returns the number of its lines. */
async function readText(name: string, path: string, log: RejectLog, texts: CorpusText[]): Promise<number> {
  const lines: string[] = [];
  let total = 0;
  for await (const batch of readLines(path)) {
    total += batch.length;
    for (const { number, text, problem } of batch) {
      if (problem === undefined) lines.push(text);
      else log.add({ source: name, row: number, reason: problem, raw: text });
    }
  }
  const text = lines.join('\n');
  const split = splitNamed(name);
  if (text.trim() !== '') texts.push({ place: name, text, split: split === 'train' ? undefined : split });
  return total;
}

/** Enters the rows of a table, one text each. Returns the number of all its rows. */
async function readRows(
  name: string,
  path: string,
  options: CorpusOptions,
  log: RejectLog,
  columns: Map<string, ColumnChoice>,
  texts: CorpusText[],
): Promise<number> {
  const given = splitNamed(name);
  const table = await openTable(path, options);
  const roles = given === undefined ? (['text', 'split'] as const) : (['text'] as const);
  const choice = chooseColumns(table, roles, ['text'], options.columns);
  columns.set(name, choice);
  const { text: column, split: splitColumn } = choice.names;
  let total = 0;
  for await (const batch of table.rows([column!, ...(splitColumn === undefined ? [] : [splitColumn])])) {
    total += batch.length;
    for (const row of batch) {
      const fail = (reason: string, raw: string) => log.add({ source: name, row: row.row, reason, raw });
      if ('problem' in row) {
        fail(row.problem, row.raw);
        continue;
      }
      const [text, word] = row.cells;
      const split =
        splitColumn === undefined ? given : typeof word === 'string' ? splitNamed(word) : undefined;
      if (typeof text !== 'string' || text.trim() === '') fail('text is missing', JSON.stringify(row.cells));
      else if (splitColumn !== undefined && split === undefined)
        fail('split is neither train, validation nor test', JSON.stringify(row.cells));
      else texts.push({ place: `${name}:${row.row}`, text, split });
    }
  }
  return total;
}

/** One text in three, from its beginning to its end, cut at ends of lines where there are any. */
function cut({ place, text }: CorpusText, shares: Shares): CorpusText[] {
  const border = (share: number): number => {
    const wanted = Math.round(text.length * share);
    if (wanted === 0 || wanted === text.length) return wanted;
    const end = text.indexOf('\n', wanted);
    return end < 0 ? wanted : end + 1;
  };
  const [first, second] = [border(1 - shares.validation - shares.test), border(1 - shares.test)];
  const parts = [text.slice(0, first), text.slice(first, second), text.slice(second)];
  return parts.flatMap((part, i) =>
    part.trim() === '' ? [] : [{ place: `${place} (${SPLIT_NAMES[i]})`, text: part, split: SPLIT_NAMES[i]! }],
  );
}

/** Long lines that stand in a held-out part as well as in that for training. */
function repeatedLines(parts: TextCorpus['splits']): string[] {
  const linesOf = (texts: readonly string[]) =>
    new Set(
      texts.flatMap((text) =>
        text
          .split('\n')
          .map(normaliseText)
          .filter(({ length }) => length >= tellingLine),
      ),
    );
  const known = linesOf(parts.train);
  return (['validation', 'test'] as const).flatMap((split) => {
    const lines = linesOf(parts[split]);
    const repeated = [...lines].filter((line) => known.has(line));
    return repeated.length === 0
      ? []
      : [
          `duplicates: ${repeated.length} of ${lines.size} long lines of ${split} are in train, such as "${repeated[0]!.slice(0, tellingLine)}"`,
        ];
  });
}

function hashOf(texts: readonly CorpusText[]): string {
  const digest = createHash('sha256');
  for (const { split = null, text } of texts) digest.update(`${JSON.stringify([split, text])}\n`);
  return digest.digest('hex');
}
