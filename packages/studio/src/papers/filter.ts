import type { PaperQuery } from '../api/index.js';
import type { Bound } from '../store/database.js';
import type { Claims } from './rows.js';

/** The condition that all papers meet. */
export const everything = 'TRUE';

/** Conditions of a WHERE clause on `papers`, with their values. */
export interface Conditions {
  readonly sql: string;
  readonly values: readonly Bound[];
}

type Wanted = Pick<
  PaperQuery,
  'day' | 'family' | 'year' | 'verdict' | 'runnable' | 'bookmarked' | 'minAuthors'
>;

/** What a query asks of a paper beside its words. */
export function conditionsOf(wanted: Wanted, claims: Claims): Conditions {
  const parts: [sql: string, ...values: Bound[]][] = [];
  const cards = (keep: (claim: { readonly verdict?: string } | undefined) => boolean) =>
    JSON.stringify([...claims].flatMap(([card, claim]) => (keep(claim) ? [card] : [])));
  const { day, family, year, verdict, runnable, bookmarked, minAuthors } = wanted;
  if (day !== undefined) parts.push(['papers.listed = ?', day]);
  if (family !== undefined) parts.push(['papers.family = ?', family]);
  if (year !== undefined) parts.push(['papers.year = ?', year]);
  if (minAuthors !== undefined) parts.push(['papers.author_count >= ?', minAuthors]);
  if (bookmarked !== undefined) parts.push(['papers.bookmarked = ?', bookmarked ? 1 : 0]);
  if (runnable !== undefined) {
    const all = cards(() => true);
    parts.push([
      `coalesce(papers.card, -1) ${runnable ? 'IN' : 'NOT IN'} (SELECT value FROM json_each(?))`,
      all,
    ]);
  }
  if (verdict !== undefined) {
    const asked = verdict === 'not run' ? undefined : verdict;
    parts.push([
      'papers.card IN (SELECT value FROM json_each(?))',
      cards((claim) => claim?.verdict === asked),
    ]);
  }
  return {
    sql: parts.map(([sql]) => sql).join(' AND ') || everything,
    values: parts.flatMap(([, ...values]) => values),
  };
}
