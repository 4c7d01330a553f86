import { type ColumnChoice, chooseColumns } from './columns.js';
import { checkRejected, openRejectLog, type RejectSummary } from './rejected.js';
import { type SplitName, splitNamed } from './splits.js';
import { type Cell, openTable, type TableOptions } from './table.js';

export type PairColumns = Partial<Record<'query' | 'document' | 'split', string>>;

/** A query and a document that answers it, each in words. */
export interface TextPair {
  /** Where the user finds it, such as `data:12`. */
  readonly place: string;
  readonly query: string;
  readonly document: string;
  /** Undefined where the data don't say. */
  readonly split: SplitName | undefined;
}

export interface PairOptions extends TableOptions {
  /** Columns to use, in all files; those not named are guessed. */
  readonly columns?: PairColumns;
  /** Where to write the rows that can't be used. */
  readonly rejectedPath?: string;
  /** The share of rows that may be rejected before reading fails, in [0, 1]; 0.05 if not given. */
  readonly maxRejectedShare?: number;
}

/**
 * Reads tables of queries and documents that answer them, one pair a row.
 *
 * @param files by name; a name of a split says that all of the file is in it
 * @throws UserError if a file can't be read, a column can't be found, or too many rows can't be used
 */
export async function readTextPairs(
  files: Readonly<Record<string, string>>,
  options: PairOptions = {},
): Promise<{
  readonly pairs: readonly TextPair[];
  readonly columns: ReadonlyMap<string, ColumnChoice>;
  readonly rejected: RejectSummary;
}> {
  const log = openRejectLog(options.rejectedPath);
  const pairs: TextPair[] = [];
  const columns = new Map<string, ColumnChoice>();
  const { query, document, split } = options.columns ?? {};
  let total = 0;
  let rejected: RejectSummary;
  try {
    for (const [name, path] of Object.entries(files)) {
      const given = splitNamed(name);
      const table = await openTable(path, options);
      const choice = chooseColumns(
        table,
        ['query text', 'document text', ...(given === undefined ? (['split'] as const) : [])],
        ['query text', 'document text'],
        {
          ...(query !== undefined && { 'query text': query }),
          ...(document !== undefined && { 'document text': document }),
          ...(split !== undefined && { split }),
        },
      );
      columns.set(name, choice);
      const { names } = choice;
      const wanted = [names['query text']!, names['document text']!];
      for await (const batch of table.rows(names.split === undefined ? wanted : [...wanted, names.split])) {
        total += batch.length;
        for (const row of batch) {
          const read = 'problem' in row ? row.problem : pairOf(row.cells, given, names.split !== undefined);
          if (typeof read === 'string') {
            const raw = 'raw' in row ? row.raw : JSON.stringify(row.cells);
            log.add({ source: name, row: row.row, reason: read, raw });
          } else pairs.push({ place: `${name}:${row.row}`, ...read });
        }
      }
    }
  } finally {
    rejected = log.close();
  }
  checkRejected(rejected, total, options.maxRejectedShare ?? 0.05);
  return { pairs, columns, rejected };
}

/** The parts of a row, or why it can't be used. */
function pairOf(
  [query, document, word]: readonly Cell[],
  given: SplitName | undefined,
  hasSplit: boolean,
): Omit<TextPair, 'place'> | string {
  if (typeof query !== 'string' || query.trim() === '') return 'query is missing';
  if (typeof document !== 'string' || document.trim() === '') return 'document is missing';
  const split = hasSplit && typeof word === 'string' ? splitNamed(word) : given;
  if (hasSplit && split === undefined) return 'split is neither train, validation nor test';
  return { query: query.trim(), document: document.trim(), split };
}
