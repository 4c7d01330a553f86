import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { UserError } from '../core/errors.js';
import { given } from '../core/given.js';
import type { ColumnChoice } from './columns.js';
import { duplicateWarnings, guessWarnings, rejectionWarnings } from './dataset-warnings.js';
import { findDuplicates, normaliseText } from './duplicates.js';
import { TextIndex } from './hash.js';
import type { RejectSummary } from './rejected.js';
import { type Judgements, readRetrieval } from './retrieval.js';
import { checkedShares, completeSplits, type Shares, SPLIT_NAMES, type SplitName } from './splits.js';
import { type PairOptions, readTextPairs } from './text-pairs.js';
import { titled } from './titled.js';

/** Queries, the documents among which they look, and which are relevant to which. */
export interface RetrievalTask {
  /** By id. */
  readonly queries: ReadonlyMap<string, string>;
  /** By id: title and text in one. */
  readonly documents: ReadonlyMap<string, string>;
  /** Of the queries of each split that have a relevant document. */
  readonly judgements: Readonly<Record<SplitName, Judgements>>;
  readonly rejected: RejectSummary;
  /** What the user should know before trusting a result. */
  readonly warnings: readonly string[];
  /** SHA-256 of queries, documents and judgements in order. */
  readonly hash: string;
}

export interface RetrievalTaskOptions extends PairOptions {
  /** Files of pairs for validation and test, beside one for training. */
  readonly validation?: string;
  readonly test?: string;
  /** What to hold out of the training queries for the splits that are not given; 0.1 and 0.1 if not given. */
  readonly shares?: Shares;
  /** Another seed holds out other queries. */
  readonly seed?: number;
  /** Whether data without a query for training are refused; true if not given. */
  readonly needsTraining?: boolean;
}

interface Collection {
  readonly queries: ReadonlyMap<string, string>;
  readonly documents: ReadonlyMap<string, string>;
  /** By split, or `open` where none is given. */
  readonly judgements: Readonly<Record<SplitName | 'open', Judgements>>;
  readonly columns: ReadonlyMap<string, ColumnChoice>;
  readonly rejected: RejectSummary;
}

/**
 * Reads a folder in BEIR's layout, or a table of pairs of a query and a document that answers it, and assigns splits by query: those
 * given, and for the others a share of the training queries. Of pairs, the distinct documents of all of them are the collection.
 *
 * @throws UserError if a file can't be read, a column can't be found, too many rows can't be used, or there is nothing to learn from
 */
export async function readRetrievalTask(
  path: string,
  options: RetrievalTaskOptions = {},
): Promise<RetrievalTask> {
  const shares = checkedShares(options.shares);
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new UserError(`no such file or folder: ${path}`);
  const collection = found.isDirectory() ? await folder(path, options) : await pairs(path, options);
  const { queries, documents, rejected, columns } = collection;
  const judged = (['open', ...SPLIT_NAMES] as const).flatMap((split) =>
    [...collection.judgements[split]].map(([id, grades]) => ({ split, id, grades })),
  );
  const usable = judged.filter(({ grades }) => [...grades.values()].some((grade) => grade >= 1));
  const index = new TextIndex();
  const firsts = Int32Array.from(usable, ({ id }) => index.add(normaliseText(queries.get(id)!)));
  const given = Int32Array.from(usable, ({ split }) => (split === 'open' ? -1 : SPLIT_NAMES.indexOf(split)));
  const none = new Int32Array(usable.length);
  const splits = completeSplits(given, index.ranks(options.seed ?? 0), none, 1, shares);
  const duplicates = findDuplicates(firsts, none, splits, (at) => `query ${usable[at]!.id}`);
  const of = (split: number): Judgements =>
    new Map(usable.flatMap(({ id, grades }, i) => (splits[i] === split ? [[id, grades] as const] : [])));
  const judgements = { train: of(0), validation: of(1), test: of(2) };
  if (judgements.train.size === 0 && options.needsTraining !== false) {
    throw new UserError(`no query to learn from: ${path}`, {
      hint: 'give judgements for training, in a folder as qrels/train.tsv; those of other splits are not learned from',
    });
  }
  return {
    queries,
    documents,
    judgements,
    rejected,
    warnings: [
      ...guessWarnings(columns),
      ...rejectionWarnings(rejected),
      ...SPLIT_NAMES.filter((split) => judgements[split].size === 0).map((split) => `no query for ${split}`),
      ...(usable.length < judged.length
        ? [`queries without a relevant document, left out: ${judged.length - usable.length}`]
        : []),
      ...duplicateWarnings(duplicates),
      ...repeatedDocuments(documents),
    ],
    hash: hashOf(collection),
  };
}

async function folder(path: string, options: RetrievalTaskOptions): Promise<Collection> {
  const unfit = (['validation', 'test'] as const).find((name) => options[name] !== undefined);
  if (unfit || Object.keys(options.columns ?? {}).length > 0) {
    throw new UserError(
      `${unfit ? `--${unfit} is` : 'columns are'} for tables of pairs: ${path} is a folder`,
    );
  }
  const read = await readRetrieval(path, options);
  const documents = new Map([...read.documents].map(([id, { title, text }]) => [id, titled(title, text)]));
  const { train, validation, test } = read.judgements;
  return {
    ...read,
    documents,
    judgements: { open: train, train: new Map(), validation, test },
    columns: new Map(),
  };
}

async function pairs(path: string, options: RetrievalTaskOptions): Promise<Collection> {
  const { validation, test } = options;
  const isOne = validation === undefined && test === undefined;
  const files = {
    [isOne ? 'data' : 'train']: path,
    ...given({ validation, test }),
  };
  const read = await readTextPairs(files, options);
  const queryIds = new Map<string, string>();
  const documentIds = new Map<string, string>();
  const judgements = { open: new Map(), train: new Map(), validation: new Map(), test: new Map() };
  const known = (ids: Map<string, string>, text: string, place: string): string => {
    const id = ids.get(text) ?? place;
    ids.set(text, id);
    return id;
  };
  for (const { place, query, document, split } of read.pairs) {
    const ofSplit: Map<string, Map<string, number>> = judgements[split ?? 'open'];
    const id = known(queryIds, query, place);
    ofSplit.set(id, (ofSplit.get(id) ?? new Map()).set(known(documentIds, document, place), 1));
  }
  const texts = (ids: Map<string, string>) => new Map([...ids].map(([text, id]) => [id, text]));
  return { ...read, queries: texts(queryIds), documents: texts(documentIds), judgements };
}

function repeatedDocuments(documents: ReadonlyMap<string, string>): string[] {
  const index = new TextIndex();
  const repeated = [...documents].filter(([, text], i) => index.add(normaliseText(text)) !== i);
  return repeated.length === 0
    ? []
    : [`documents: ${repeated.length} repeat the text of another one, such as ${repeated[0]![0]}`];
}

function hashOf({ queries, documents, judgements }: Collection): string {
  const digest = createHash('sha256');
  for (const texts of [queries, documents]) digest.update(`${JSON.stringify([...texts])}\n`);
  for (const [split, of] of Object.entries(judgements)) {
    digest.update(`${JSON.stringify([split, [...of].map(([id, grades]) => [id, [...grades]])])}\n`);
  }
  return digest.digest('hex');
}
