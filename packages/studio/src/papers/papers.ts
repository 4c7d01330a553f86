import type { PaperRecord } from 'tutelage/papers';
import type {
  Days,
  Imported,
  Paper,
  PaperPage,
  PaperQuery,
  PaperSummary,
  SimilarPapers,
} from '../api/index.js';
import type { Database } from '../store/database.js';
import { importCatalogue, importPapers } from './import.js';
import { listPapers } from './list.js';
import { meaningsOf } from './meanings.js';
import {
  bodyOf,
  type Claims,
  type PaperRow,
  paperColumns,
  paperRow,
  shownPaper,
  shownSummary,
} from './rows.js';
import { nearestPapers } from './search.js';
import { vocabularyOf } from './vocabulary.js';

/** The papers of the database. */
export interface Papers {
  page(query: PaperQuery, claims: Claims, now: Date): PaperPage;
  days(): Days;
  paper(slug: string, claims: Claims): Paper | undefined;
  /** All papers, the newest first. */
  all(claims: Claims): Paper[];
  /** Papers by their ids in the database, in the same order. */
  byIds(ids: readonly number[], claims: Claims): PaperSummary[];
  /** Papers of like content, never itself; undefined when there is no such paper. */
  similar(slug: string, count: number, claims: Claims): SimilarPapers['papers'] | undefined;
  /** Sets what the user thinks of a paper; undefined when there is no such paper. */
  mark(
    slug: string,
    mark: 'upvoted' | 'bookmarked',
    value: boolean,
    claims: Claims,
  ): PaperSummary | undefined;
  /** Adds papers; what they mean is learned in the background. */
  add(papers: readonly PaperRecord[], now: Date): Imported;
  addCatalogue(now: Date): Imported;
  /** Resolves when all that was added can be found by meaning. */
  settled(): Promise<void>;
}

export function papersOf(db: Database): Papers {
  const parts = { db, vocabulary: vocabularyOf(db), meanings: meaningsOf(db) };
  let background: Promise<void> = Promise.resolve();

  const rowOf = (slug: string): PaperRow | undefined => {
    const row = db.get(`SELECT ${paperColumns} FROM papers WHERE slug = ?`, slug);
    return row && paperRow(row);
  };
  const upvotesOf = ({ id }: PaperRow): Paper['upvoteHistory'] =>
    db
      .all('SELECT day, upvotes FROM upvote_history WHERE paper = ? ORDER BY day', id)
      .map(({ day, upvotes }) => ({ day: String(day), upvotes: Number(upvotes) }));
  const learn = () => {
    background = parts.meanings.refresh();
    // The search goes on by words alone.
    background.catch(() => undefined);
  };
  const learned = (imported: Imported): Imported => {
    if (imported.added + imported.updated === 0) return imported;
    parts.vocabulary.forget();
    learn();
    return imported;
  };

  return {
    page(query, claims, now) {
      const { ids, total, corrections } = listPapers(parts, query, claims, now);
      return { papers: rowsById(db, ids).map((row) => shownSummary(row, claims)), total, corrections };
    },
    days: () => ({
      days: db
        .all(
          'SELECT listed, count(*) AS n FROM papers WHERE listed IS NOT NULL GROUP BY listed ORDER BY listed DESC LIMIT 400',
        )
        .map(({ listed, n }) => ({ day: String(listed), papers: Number(n) })),
    }),
    paper(slug, claims) {
      const row = rowOf(slug);
      return row && shownPaper(row, claims, upvotesOf(row));
    },
    all: (claims) =>
      db
        .all(`SELECT ${paperColumns} FROM papers ORDER BY day DESC, id DESC`)
        .map(paperRow)
        .map((row) => shownPaper(row, claims, upvotesOf(row))),
    byIds: (ids, claims) => rowsById(db, ids).map((row) => shownSummary(row, claims)),
    similar(slug, count, claims) {
      const row = rowOf(slug);
      if (!row) return undefined;
      const vector = parts.meanings.embed(`${row.title}\n${bodyOf(row)}`);
      if (!vector) return [];
      const others = { sql: 'papers.id <> ?', values: [row.id] };
      const near = nearestPapers(parts, vector, others, count);
      const rows = rowsById(
        db,
        near.map(({ id }) => id),
      );
      return rows.map((other, i) => ({ ...shownSummary(other, claims), similarity: near[i]!.likeness }));
    },
    mark(slug, mark, value, claims) {
      db.run(`UPDATE papers SET ${mark} = ? WHERE slug = ?`, value ? 1 : 0, slug);
      const row = rowOf(slug);
      return row && shownSummary(row, claims);
    },
    add: (papers, now) => learned(importPapers(db, papers, now.toISOString().slice(0, 10))),
    addCatalogue(now) {
      const imported = learned(importCatalogue(db, now.toISOString().slice(0, 10)));
      // Where the server was ended before all was learned, it goes on.
      learn();
      return imported;
    },
    settled: () => background,
  };
}

/** Rows in the order of ids. */
function rowsById(db: Database, ids: readonly number[]): PaperRow[] {
  const rows = db
    .all(
      `SELECT ${paperColumns} FROM papers WHERE id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(ids),
    )
    .map(paperRow);
  const places = new Map(ids.map((id, i) => [id, i]));
  return rows.sort((a, b) => places.get(a.id)! - places.get(b.id)!);
}
