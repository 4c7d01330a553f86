import type { Hits } from './hits.js';

/**
 * Hard negatives: the first `count` of a query's hits that are not relevant to it.
 *
 * @param hits of a search that asked for `count` more than there are relevant rows
 * @param isRelevant of rows that must not be taken for wrong: the known answers, and others of their group
 */
export function hardNegatives(hits: Hits, isRelevant: (row: number) => boolean, count: number): number[] {
  return Array.from(hits.rows)
    .filter((row) => !isRelevant(row))
    .slice(0, count);
}
