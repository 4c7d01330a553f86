import { titleKey } from 'tutelage/papers';
import type { PaperPage, PaperQuery } from '../api/index.js';
import type { Database, Row } from '../store/database.js';
import { type Conditions, conditionsOf } from './filter.js';
import type { Claims } from './rows.js';
import { type SearchParts, search } from './search.js';

/** Ids of the papers that a query asks for, in its order: those of one page, and how many there are. */
export function listPapers(
  parts: SearchParts,
  query: PaperQuery,
  claims: Claims,
  now: Date,
): Pick<PaperPage, 'total' | 'corrections'> & { readonly ids: readonly number[] } {
  const { q = '', sort, limit, offset } = query;
  const conditions = conditionsOf(query, claims);
  const found = titleKey(q) === '' ? undefined : search(parts, q, conditions);
  const corrections = [...(found?.corrections ?? [])];
  if (found && (sort === undefined || sort === 'relevance')) {
    return { ids: found.ids.slice(offset, offset + limit), total: found.ids.length, corrections };
  }
  const among = found
    ? { sql: 'id IN (SELECT value FROM json_each(?))', values: [JSON.stringify(found.ids)] }
    : conditions;
  const { db } = parts;
  const total = Number(db.get(`SELECT count(*) AS n FROM papers WHERE ${among.sql}`, ...among.values)!.n);
  if (sort === 'trending')
    return { ids: trending(db, among, claims, now).slice(offset, offset + limit), total, corrections };
  const order = orders[sort === undefined || sort === 'relevance' ? 'newest' : sort];
  const rows = db.all(
    `SELECT id FROM papers WHERE ${among.sql} ORDER BY ${order} LIMIT ? OFFSET ?`,
    ...among.values,
    limit,
    offset,
  );
  return { ids: rows.map(({ id }) => Number(id)), total, corrections };
}

const votes = '(coalesce(feed_upvotes, 0) + upvoted)';
const comments = '(coalesce(feed_comments, 0) + own_comments)';

/** Orders of a list; each has an index. */
const orders = {
  newest: 'day DESC, id DESC',
  upvotes: `${votes} DESC, day DESC, id DESC`,
  comments: `${comments} DESC, day DESC, id DESC`,
} as const;

/** Older papers than so many are not looked at: their age leaves nothing of what they have. */
const maxTrending = 5000;

/** Ids of papers by (votes + 2 comments + 3 if its claim held) / (hours + 2)^1.5. */
function trending(db: Database, { sql, values }: Conditions, claims: Claims, now: Date): number[] {
  const hours = ({ day }: Row) => Math.max(0, now.getTime() - Date.parse(String(day))) / 3_600_000;
  const held = ({ card }: Row) => claims.get(Number(card ?? -1))?.verdict === 'holds';
  return db
    .all(
      `SELECT id, day, card, ${votes} AS votes, ${comments} AS comments FROM papers WHERE ${sql} ORDER BY ${orders.newest} LIMIT ?`,
      ...values,
      maxTrending,
    )
    .map((row) => {
      const activity = Number(row.votes) + 2 * Number(row.comments) + (held(row) ? 3 : 0);
      return { id: Number(row.id), score: activity / (hours(row) + 2) ** 1.5 };
    })
    .sort((a, b) => b.score - a.score)
    .map(({ id }) => id);
}
