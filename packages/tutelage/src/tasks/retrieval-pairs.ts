import { UserError } from '../core/errors.js';
import { checkRejected, openRejectLog } from './rejected.js';
import type { RetrievalData, RetrievalDocument } from './retrieval.js';
import { openTable } from './table.js';

export interface PairsData {
  /** All pairs are for training. Equal texts of a side are one query or passage. */
  readonly data: RetrievalData;
  /** The group of each passage, by its id, where pairs have one. */
  readonly groups: ReadonlyMap<string, string>;
  /** Passages that occur with several queries, where pairs have no group. */
  readonly repeated: number;
}

const mostRejected = 0.05;

/**
 * Reads a table of matched texts (CSV, TSV, JSON lines, Parquet) with the columns `left` and `right`, and perhaps `id`, the group of
 * pairs whose sides all belong together, and `relevance`, 1 if not given.
 *
 * @throws {UserError} when columns are missing, or too many rows can't be used
 */
export async function readPairs(path: string): Promise<PairsData> {
  const table = await openTable(path);
  const named = (name: string) => table.columns.find((column) => column.trim().toLowerCase() === name);
  const [left, right, group, relevance] = [named('left'), named('right'), named('id'), named('relevance')];
  if (left === undefined || right === undefined) {
    throw new UserError(`not a table of pairs: ${path}`, {
      detail: `columns: ${table.columns.join(', ')}`,
      hint: 'it should have the columns left and right; a collection with judgements is a folder in the layout of BEIR',
    });
  }
  const log = openRejectLog();
  const queries = new Map<string, string>();
  const documents = new Map<string, RetrievalDocument>();
  const [queryIds, passageIds] = [new Map<string, string>(), new Map<string, string>()];
  const judgements = new Map<string, Map<string, number>>();
  const groups = new Map<string, string>();
  let total = 0;
  for await (const rows of table.rows([left, right, group ?? left, relevance ?? left])) {
    for (const row of rows) {
      total++;
      const reject = (reason: string) =>
        log.add({ source: 'pairs', row: row.row, reason, raw: JSON.stringify(row) });
      if ('problem' in row) {
        reject(row.problem);
        continue;
      }
      const [query, passage, own, grade] = row.cells;
      const value = relevance === undefined ? 1 : Number(grade ?? Number.NaN);
      if (typeof query !== 'string' || query.trim() === '') reject('left is missing');
      else if (typeof passage !== 'string' || passage.trim() === '') reject('right is missing');
      else if (!Number.isFinite(value)) reject('relevance is not a number');
      else {
        const queryId = idOf(queryIds, query, 'q');
        const passageId = idOf(passageIds, passage, 'p');
        queries.set(queryId, query);
        documents.set(passageId, { title: undefined, text: passage });
        if (group !== undefined && typeof own === 'string') groups.set(passageId, own);
        judgements.set(queryId, (judgements.get(queryId) ?? new Map<string, number>()).set(passageId, value));
      }
    }
  }
  const rejected = log.close();
  checkRejected(rejected, total, mostRejected);
  const data = {
    queries,
    documents,
    judgements: { train: judgements, validation: new Map(), test: new Map() },
    rejected,
  };
  return { data, groups, repeated: group === undefined ? repeatedIn(judgements) : 0 };
}

function idOf(ids: Map<string, string>, text: string, prefix: string): string {
  const id = ids.get(text) ?? `${prefix}${ids.size + 1}`;
  ids.set(text, id);
  return id;
}

function repeatedIn(judgements: ReadonlyMap<string, ReadonlyMap<string, number>>): number {
  const seen = new Map<string, number>();
  for (const grades of judgements.values()) {
    for (const passage of grades.keys()) seen.set(passage, (seen.get(passage) ?? 0) + 1);
  }
  return [...seen.values()].filter((count) => count > 1).length;
}
