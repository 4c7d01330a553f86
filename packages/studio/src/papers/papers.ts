import { type PaperRecord, titleKey } from 'tutelage/papers';
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
import { conditionsOf } from './filter.js';
import { importCatalogue, importPapers } from './import.js';
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
import { nearestPapers, search } from './search.js';
import { vocabularyOf } from './vocabulary.js';

/** The papers of the database. */
export interface Papers {
  page(query: PaperQuery, claims: Claims, now: Date): PaperPage;
  days(): Days;
  paper(slug: string, claims: Claims): Paper | undefined;
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
  const learned = (imported: Imported): Imported => {
    if (imported.added + imported.updated > 0) {
      parts.vocabulary.forget();
      background = parts.meanings.refresh();
      // The search goes on by words alone.
      background.catch(() => undefined);
    }
    return imported;
  };

  return {
    page(query, claims, now) {
      const conditions = conditionsOf(query, claims);
      const { q = '', limit, offset } = query;
      const asked = titleKey(q) !== '';
      if (asked && (query.sort ?? 'relevance') === 'relevance') {
        const { ids, corrections } = search(parts, q, conditions);
        const rows = rowsById(db, ids.slice(offset, offset + limit));
        return {
          papers: rows.map((row) => shownSummary(row, claims)),
          total: ids.length,
          corrections: [...corrections],
        };
      }
      const found = asked ? search(parts, q, conditions) : undefined;
      const among = found ? 'papers.id IN (SELECT value FROM json_each(?))' : 'TRUE';
      const values = [...(found ? [JSON.stringify(found.ids)] : []), ...conditions.values];
      const where = `WHERE ${among} AND ${conditions.sql}`;
      const total = Number(db.get(`SELECT count(*) AS n FROM papers ${where}`, ...values)!.n);
      const order = orders[query.sort === undefined || query.sort === 'relevance' ? 'newest' : query.sort];
      const held = [...claims].flatMap(([card, { verdict }]) => (verdict === 'holds' ? [card] : []));
      const rows = db.all(
        `SELECT ${paperColumns}${order.timed ? `, ${trend}` : ''} FROM papers ${where} ORDER BY ${order.sql} LIMIT ? OFFSET ?`,
        ...(order.timed ? [JSON.stringify(held), now.toISOString()] : []),
        ...values,
        limit,
        offset,
      );
      return {
        papers: rows.map((row) => shownSummary(paperRow(row), claims)),
        total,
        corrections: [...(found?.corrections ?? [])],
      };
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
      return row && shownPaper(row, claims);
    },
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
    addCatalogue: (now) => learned(importCatalogue(db, now.toISOString().slice(0, 10))),
    settled: () => background,
  };
}

const votes = '(coalesce(papers.feed_upvotes, 0) + papers.upvoted)';
const comments = '(coalesce(papers.feed_comments, 0) + papers.own_comments)';
const day = 'coalesce(papers.listed, papers.published)';
const newest = `${day} DESC, papers.id DESC`;
const hours = `(max(0, (julianday(?) - julianday(coalesce(${day}, papers.year || '-01-01', '2000-01-01'))) * 24) + 2)`;
const activity = `1.0 * (${votes} + 2 * ${comments} + 3 * (coalesce(papers.card, -1) IN (SELECT value FROM json_each(?))))`;

/** What trending is made of; it takes the cards of papers whose claims hold, and the time. */
const trend = `${activity} AS activity, ${hours} AS hours`;

/** Orders of a list. */
const orders = {
  newest: { sql: newest, timed: false },
  upvotes: { sql: `${votes} DESC, ${newest}`, timed: false },
  comments: { sql: `${comments} DESC, ${newest}`, timed: false },
  // The square of activity / hours^1.5, which is in the same order: the database has no powers.
  trending: { sql: `activity * activity / (hours * hours * hours) DESC, ${newest}`, timed: true },
} as const;

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
