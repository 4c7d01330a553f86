import { isDeepStrictEqual } from 'node:util';
import { arxivYear, catalogue, mergedPaper, type PaperRecord, titleKey } from 'tutelage/papers';
import type { Imported } from '../api/index.js';
import type { Database } from '../store/database.js';
import { bodyOf, type PaperRow, paperColumns, paperRow, recordOf } from './rows.js';

/**
 * Adds papers, or what is new about them. Papers are one by arXiv id, or by title where one of the two has no id.
 *
 * @param day today: ISO 8601
 */
export function importPapers(db: Database, papers: readonly PaperRecord[], day: string): Imported {
  const counts = { added: 0, updated: 0, unchanged: 0 };
  const slugs: string[] = [];
  db.transaction(() => {
    for (const paper of papers) {
      const known = findPaper(db, paper);
      const merged = known ? mergedPaper(recordOf(known), paper) : paper;
      if (!known) counts.added++;
      else counts[isDeepStrictEqual(merged, recordOf(known)) ? 'unchanged' : 'updated']++;
      const row = known && isDeepStrictEqual(merged, recordOf(known)) ? known : write(db, known, merged);
      noteUpvotes(db, row, day);
      slugs.push(row.slug);
    }
  });
  return { ...counts, papers: slugs };
}

/** Adds the built-in index, or what is new about it. */
export function importCatalogue(db: Database, day: string): Imported {
  const records = catalogue.map(({ card: _, family: __, summary: ___, ...facts }) => ({
    ...facts,
    authors: [],
    links: [],
  }));
  const imported = importPapers(db, records, day);
  db.transaction(() => {
    for (const [i, { card, family, summary }] of catalogue.entries()) {
      const slug = imported.papers[i]!;
      const { changes } = db.run(
        'UPDATE papers SET card = ?1, family = ?2, own_summary = ?3 WHERE slug = ?4 AND (card, family, own_summary) IS NOT (?1, ?2, ?3)',
        card,
        family ?? null,
        summary,
        slug,
      );
      if (changes > 0)
        indexText(db, paperRow(db.get(`SELECT ${paperColumns} FROM papers WHERE slug = ?`, slug)));
    }
  });
  return imported;
}

function findPaper(db: Database, { arxiv, title }: PaperRecord): PaperRow | undefined {
  const row =
    (arxiv !== undefined && db.get(`SELECT ${paperColumns} FROM papers WHERE arxiv = ?`, arxiv)) ||
    db.get(
      `SELECT ${paperColumns} FROM papers WHERE title_key = ? AND (arxiv IS NULL OR ? IS NULL) LIMIT 1`,
      titleKey(title),
      arxiv ?? null,
    );
  return row ? paperRow(row) : undefined;
}

function write(db: Database, known: PaperRow | undefined, paper: PaperRecord): PaperRow {
  const { arxiv, published } = paper;
  const year = published?.slice(0, 4) ?? (arxiv === undefined ? undefined : arxivYear(arxiv));
  const values = {
    arxiv: arxiv ?? null,
    title: paper.title,
    title_key: titleKey(paper.title),
    machine_summary: paper.machineSummary ?? null,
    abstract: paper.abstract ?? null,
    authors: JSON.stringify(paper.authors),
    author_count: paper.authorCount ?? null,
    published: published ?? null,
    listed: paper.listed ?? null,
    year: year === undefined ? null : Number(year),
    day: paper.listed ?? published ?? `${year ?? '2000'}-01-01`,
    links: JSON.stringify(paper.links),
    feed_upvotes: paper.upvotes ?? null,
    feed_comments: paper.comments ?? null,
  };
  const names = Object.keys(values);
  const id =
    known?.id ??
    db.run(
      `INSERT INTO papers (slug, ${names.join(', ')}) VALUES (?, ${names.map(() => '?').join(', ')})`,
      freeSlug(db, paper),
      ...Object.values(values),
    ).id;
  if (known) {
    const assignments = names.map((name) => `${name} = ?`).join(', ');
    db.run(`UPDATE papers SET ${assignments} WHERE id = ?`, ...Object.values(values), id);
  }
  const row = paperRow(db.get(`SELECT ${paperColumns} FROM papers WHERE id = ?`, id));
  indexText(db, row);
  return row;
}

function indexText(db: Database, row: PaperRow): void {
  const body = bodyOf(row);
  // What it means is learned anew later.
  db.run('DELETE FROM paper_meanings WHERE paper = ?', row.id);
  db.run('DELETE FROM paper_text WHERE rowid = ?', row.id);
  db.run('DELETE FROM paper_words WHERE rowid = ?', row.id);
  db.run('INSERT INTO paper_text (rowid, title, body) VALUES (?, ?, ?)', row.id, row.title, body);
  db.run('INSERT INTO paper_words (rowid, words) VALUES (?, ?)', row.id, `${row.title}\n${body}`);
}

function noteUpvotes(db: Database, { id, feed_upvotes: upvotes }: PaperRow, day: string): void {
  if (upvotes === null) return;
  db.run('INSERT OR REPLACE INTO upvote_history (paper, day, upvotes) VALUES (?, ?, ?)', id, day, upvotes);
}

const maxSlug = 60;

/** A name for addresses: the arXiv id, or words of the title. */
function freeSlug(db: Database, { arxiv, title }: PaperRecord): string {
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .match(/[a-z0-9]+/g) ?? ['paper'];
  const wanted = arxiv?.replace('/', '.') ?? words.join('-').slice(0, maxSlug);
  for (let count = 1; ; count++) {
    const slug = count === 1 ? wanted : `${wanted}-${count}`;
    if (!db.get('SELECT 1 FROM papers WHERE slug = ?', slug)) return slug;
  }
}
