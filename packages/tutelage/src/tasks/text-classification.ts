import { createHash } from 'node:crypto';
import { type ColumnChoice, chooseColumns } from './columns.js';
import { datasetWarnings } from './dataset-warnings.js';
import { type DuplicateReport, findDuplicates, normaliseText } from './duplicates.js';
import { Int32List, TextIndex } from './hash.js';
import { sortedLabels } from './labels.js';
import { checkRejected, openRejectLog, type RejectLog, type RejectSummary } from './rejected.js';
import {
  checkedShares,
  completeSplits,
  countLabels,
  type Shares,
  SPLIT_NAMES,
  type SplitName,
  splitNamed,
} from './splits.js';
import { type Cell, openTable, type Row, type TableOptions } from './table.js';
import { fileVersion, type Source, type Split, splitView } from './text-splits.js';

export type TextClassificationColumns = Partial<Record<'text' | 'label' | 'id' | 'split', string>>;

/** One file, to be divided by its split column or by the reader, or a file for each split. */
export type TextClassificationFiles =
  | string
  | { readonly train: string; readonly validation?: string; readonly test?: string };

export interface TextClassificationOptions extends TableOptions {
  /** Columns to use, in all files; those not named are guessed. An empty name says that there is no such column. */
  readonly columns?: TextClassificationColumns;
  /** What to hold out of the training data for the splits that are not given; 0.1 and 0.1 if not given. */
  readonly shares?: Shares;
  /** Another seed holds out other examples. */
  readonly seed?: number;
  /** Where to write the rows that can't be used. */
  readonly rejectedPath?: string;
  /** The share of rows that may be rejected before reading fails, in [0, 1]; 0.05 if not given. */
  readonly maxRejectedShare?: number;
}

export interface TextClassificationData {
  /** In ascending order (numeric if all are numbers); a label's index is its class. */
  readonly labels: readonly string[];
  readonly splits: Readonly<Record<SplitName, Split>>;
  /** Columns of each file, by the name of the file within the data set. */
  readonly columns: ReadonlyMap<string, ColumnChoice>;
  readonly rejected: RejectSummary;
  readonly duplicates: DuplicateReport;
  /** What the user should know before trusting a result. */
  readonly warnings: readonly string[];
  /** SHA-256 of all usable rows in order: id, given split, label and text, whatever the file format. */
  readonly hash: string;
}

/** What is remembered of each usable row: a few integers. */
interface Ledger {
  readonly rows: Int32List;
  readonly labels: Int32List;
  /** Position in SPLIT_NAMES, or -1. */
  readonly splits: Int32List;
  readonly firsts: Int32List;
  readonly texts: TextIndex;
  readonly labelNames: Map<string, number>;
}

/**
 * Reads a data set of labelled texts: checks every row, finds the labels, and assigns splits. Memory holds a few integers
 * a row, not the texts.
 *
 * @throws UserError if a file can't be read, a column can't be found, too many rows can't be used, or there are not two
 *   labels
 */
export async function readTextClassification(
  files: TextClassificationFiles,
  options: TextClassificationOptions = {},
): Promise<TextClassificationData> {
  const shares = checkedShares(options.shares);
  const given = typeof files === 'string' ? { data: files } : files;
  const ledger: Ledger = {
    rows: new Int32List(),
    labels: new Int32List(),
    splits: new Int32List(),
    firsts: new Int32List(),
    texts: new TextIndex(),
    labelNames: new Map(),
  };
  const digest = createHash('sha256');
  const log = openRejectLog(options.rejectedPath);
  const sources: Source[] = [];
  let total = 0;
  let rejected: RejectSummary;
  try {
    for (const [name, path] of Object.entries(given)) {
      if (path === undefined) continue;
      const source = await openSource(name, path, options, ledger.rows.length);
      total += await readSource(source, ledger, digest, log);
      sources.push({ ...source, end: ledger.rows.length });
    }
  } finally {
    rejected = log.close();
  }
  checkRejected(rejected, total, options.maxRejectedShare ?? 0.05);
  const labels = sortedLabels(
    [...ledger.labelNames.keys()],
    sources.map(({ table }) => table.path).join(', '),
  );
  const classes = relabelled(ledger, labels);
  const ranks = ledger.texts.ranks(options.seed ?? 0);
  const splits = completeSplits(ledger.splits.view(), ranks, classes, labels.length, shares);
  const place = (position: number): string => {
    const source = sources.find(({ end }) => position < end)!;
    return `${source.name}:${ledger.rows.view()[position]}`;
  };
  const duplicates = findDuplicates(ledger.firsts.view(), classes, splits, place);
  const counts = countLabels(classes, splits, labels.length);
  const columns = new Map(sources.map((source) => [source.name, source.columns]));
  const data = { sources, rows: ledger.rows.view(), classes, splits, labels };
  return {
    labels,
    splits: {
      train: splitView(data, 0, counts[0]!),
      validation: splitView(data, 1, counts[1]!),
      test: splitView(data, 2, counts[2]!),
    },
    columns,
    rejected,
    duplicates,
    warnings: datasetWarnings({ labels, counts, duplicates, rejected, columns }),
    hash: digest.digest('hex'),
  };
}

async function openSource(
  name: string,
  path: string,
  options: TextClassificationOptions,
  start: number,
): Promise<Source> {
  const version = await fileVersion(path);
  const table = await openTable(path, options);
  const given = splitNamed(name);
  const roles =
    given === undefined ? (['text', 'label', 'split', 'id'] as const) : (['text', 'label', 'id'] as const);
  const columns = chooseColumns(table, roles, ['text', 'label'], options.columns);
  return { name, given, table, columns, version, start, end: start };
}

/** Enters the usable rows of a file in the ledger. Returns the number of all its rows. */
async function readSource(
  source: Source,
  ledger: Ledger,
  digest: ReturnType<typeof createHash>,
  log: RejectLog,
): Promise<number> {
  const { name, columns, table } = source;
  const { text, label, id, split } = columns.names;
  const wanted = [text, label, id, split].filter((column) => column !== undefined);
  const ids = new TextIndex();
  let total = 0;
  for await (const batch of table.rows(wanted)) {
    const usable: string[] = [];
    for (const row of batch) {
      const read = 'problem' in row ? row.problem : usableRow(row, source, ids);
      if (typeof read === 'string') {
        const raw = 'raw' in row ? row.raw : JSON.stringify(row.cells);
        log.add({ source: name, row: row.row, reason: read, raw });
        continue;
      }
      ledger.rows.push(row.row);
      ledger.labels.push(internLabel(ledger.labelNames, read.label));
      ledger.splits.push(read.split === undefined ? -1 : SPLIT_NAMES.indexOf(read.split));
      ledger.firsts.push(ledger.texts.add(normaliseText(read.text)));
      usable.push(JSON.stringify([read.id ?? null, read.split ?? null, read.label, read.text]), '\n');
    }
    digest.update(usable.join(''));
    total += batch.length;
  }
  return total;
}

interface UsableRow {
  readonly text: string;
  readonly label: string;
  readonly id: string | undefined;
  readonly split: SplitName | undefined;
}

/** The parts of a row, or why it can't be used. */
function usableRow({ cells }: Row, { columns, given }: Source, ids: TextIndex): UsableRow | string {
  const { names } = columns;
  const [text, label, ...others] = cells;
  const unfit = unusable('text', text) ?? unusable('label', label);
  if (unfit !== undefined) return unfit;
  const id = names.id === undefined ? undefined : others.shift();
  const word = names.split === undefined ? undefined : others.shift();
  if (names.id !== undefined) {
    const problem = unusable('id', id);
    if (problem !== undefined) return problem;
    if (isRepeated(ids, id as string)) return 'id is repeated';
  }
  const split = names.split === undefined ? given : typeof word === 'string' ? splitNamed(word) : undefined;
  if (names.split !== undefined && split === undefined) return 'split is neither train, validation nor test';
  return { text: text as string, label: (label as string).trim(), id: id as string | undefined, split };
}

function unusable(role: string, cell: Cell | undefined): string | undefined {
  if (cell === null || cell === undefined) return `${role} is missing`;
  if (typeof cell !== 'string') return `${role} is a ${cell.nested === 'list' ? 'list' : 'JSON object'}`;
  if (cell.trim() === '') return `${role} is empty`;
  return cell.includes('\0') ? `${role} holds a NUL character` : undefined;
}

function isRepeated(ids: TextIndex, id: string): boolean {
  const position = ids.size;
  return ids.add(id) !== position;
}

function internLabel(names: Map<string, number>, label: string): number {
  const known = names.get(label);
  if (known !== undefined) return known;
  // A copy: the label as read is a slice that would keep its whole batch in memory.
  names.set(Buffer.from(label).toString(), names.size);
  return names.size - 1;
}

function relabelled(ledger: Ledger, labels: readonly string[]): Int32Array {
  const classes = new Int32Array(labels.length);
  for (const [index, label] of labels.entries()) classes[ledger.labelNames.get(label)!] = index;
  return ledger.labels.view().map((label) => classes[label]!);
}
