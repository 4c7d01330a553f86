import { words } from 'tutelage/papers';
import type { Database } from '../store/database.js';

/** Ids of the papers of a family that have all words of a query, the newest first. */
export function matchingPapers(
  db: Database,
  { family, query }: { readonly family: string | null; readonly query: string | null },
): number[] {
  const match = words(query ?? '')
    .map((word) => `"${word}"`)
    .join(' AND ');
  return db
    .all(
      `SELECT id FROM papers
       WHERE (?1 IS NULL OR family = ?1) AND (?2 = '' OR id IN (SELECT rowid FROM paper_text WHERE paper_text MATCH nullif(?2, '')))
       ORDER BY day DESC, id DESC`,
      family,
      match,
    )
    .map(({ id }) => Number(id));
}
