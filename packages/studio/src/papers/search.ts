import { words } from 'tutelage/papers';
import type { Database } from '../store/database.js';
import { type Conditions, everything } from './filter.js';
import { bytesOf, type Meanings } from './meanings.js';
import type { Vocabulary } from './vocabulary.js';

export interface Ranking {
  /** Ids of papers, the best first. */
  readonly ids: readonly number[];
  readonly corrections: readonly { readonly from: string; readonly to: string }[];
}

export interface SearchParts {
  readonly db: Database;
  readonly vocabulary: Vocabulary;
  readonly meanings: Meanings;
}

/** Most papers that words give, and that meaning gives. */
const depth = 300;
/** Papers that are ranked for their words: the rarest words of a query until there are so many. */
const maxPostings = 5000;
/** In longer queries a word that no paper has is left out: there are others. */
const maxCorrected = 8;
/** Less than this, and papers have nothing to do with the query. */
const leastLikeness = 0.2;

/**
 * Ranks papers for a query: those that have its words first, by BM25 over stems with misspelt words corrected, and after them those that
 * are like it in meaning. Mixed by ranks or by scores, they did not find left-out sentences of abstracts better than words alone.
 */
export function search(parts: SearchParts, query: string, conditions: Conditions): Ranking {
  const { terms, corrections } = understood(parts, query);
  const exact = byWords(parts.db, terms, conditions);
  const alike = byMeaning(parts, terms.flatMap(({ words }) => words).join(' '), conditions);
  return { ids: [...new Set([...exact, ...alike])], corrections };
}

/** A word of the query, or the words that it may be the beginning of. */
interface Term {
  readonly words: readonly string[];
  readonly count: number;
}

function understood({ db, vocabulary }: SearchParts, query: string) {
  const asked = words(query);
  const corrections: { from: string; to: string }[] = [];
  const terms = [...new Set(asked)].flatMap((word): Term[] => {
    const count = vocabulary.count(word);
    if (count > 0) return [{ words: [word], count }];
    // The last word may not be typed to its end.
    const endings = word === asked.at(-1) ? vocabulary.beginningWith(word) : [];
    if (endings.length > 0) {
      return [{ words: endings, count: endings.reduce((sum, one) => sum + vocabulary.count(one), 0) }];
    }
    // Another form of a word that papers have.
    if (db.get('SELECT 1 FROM paper_text WHERE paper_text MATCH ? LIMIT 1', `"${word}"`)) {
      return [{ words: [word], count: 1 }];
    }
    if (asked.length > maxCorrected) return [];
    const meant = vocabulary.nearest(word);
    if (meant === undefined) return [];
    corrections.push({ from: word, to: meant });
    return [{ words: [meant], count: vocabulary.count(meant) }];
  });
  return { terms, corrections };
}

function byWords(db: Database, terms: readonly Term[], { sql, values }: Conditions): number[] {
  let postings = 0;
  const rarest = [...terms]
    .sort((a, b) => a.count - b.count)
    .filter(({ count }, i) => {
      postings += count;
      return i === 0 || postings <= maxPostings;
    });
  if (rarest.length === 0) return [];
  const match = rarest.flatMap(({ words }) => words.map((word) => `"${word}"`)).join(' OR ');
  // The plus keeps SQLite from asking the index for one paper after the other.
  const among = sql === everything ? '' : `AND +rowid IN (SELECT id FROM papers WHERE ${sql})`;
  // Words that so many papers have tell none of them from another: the newest do.
  const order = rarest[0]!.count > maxPostings ? 'rowid DESC' : 'rank';
  return db
    .all(
      `SELECT rowid AS id FROM paper_text WHERE paper_text MATCH ? ${among} ORDER BY ${order} LIMIT ?`,
      match,
      ...values,
      depth,
    )
    .map(({ id }) => Number(id));
}

function byMeaning(parts: SearchParts, text: string, conditions: Conditions): number[] {
  const vector = parts.meanings.embed(text);
  if (!vector) return [];
  const near = nearestPapers(parts, vector, conditions, depth);
  return near.filter(({ likeness }) => likeness >= leastLikeness).map(({ id }) => id);
}

/** The papers whose vectors are nearest to one, with their cosines. */
export function nearestPapers(
  { db, meanings }: Pick<SearchParts, 'db' | 'meanings'>,
  vector: Float32Array,
  { sql, values }: Conditions,
  count: number,
): { readonly id: number; readonly likeness: number }[] {
  return db
    .all(
      `SELECT papers.id, 1 - vector_distance_cos(vector, vector8(?)) AS likeness
       FROM paper_meanings JOIN papers ON papers.id = paper
       WHERE paper IN (SELECT value FROM json_each(?)) AND ${sql} ORDER BY likeness DESC LIMIT ?`,
      bytesOf(vector),
      JSON.stringify(meanings.near(vector, Math.max(depth, count))),
      ...values,
      count,
    )
    .map(({ id, likeness }) => ({ id: Number(id), likeness: Number(likeness) }));
}
