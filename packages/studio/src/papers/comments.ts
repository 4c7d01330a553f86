import { defined } from 'tutelage/papers';
import type { Comment } from '../api/index.js';
import type { Database, Row } from '../store/database.js';

/** The comments on a paper, the oldest first; undefined when there is no such paper. */
export function commentsOn(db: Database, slug: string): Comment[] | undefined {
  const paper = db.get('SELECT id FROM papers WHERE slug = ?', slug);
  return paper && db.all('SELECT * FROM comments WHERE paper = ? ORDER BY id', paper.id as number).map(shown);
}

/** Adds a comment; undefined when there is no such paper, or no such comment of it to answer. */
export function addComment(
  db: Database,
  slug: string,
  {
    author,
    text,
    parent,
  }: { readonly author: string; readonly text: string; readonly parent?: number | undefined },
  now: Date,
): Comment | undefined {
  return db.transaction(() => {
    const paper = Number(db.get('SELECT id FROM papers WHERE slug = ?', slug)?.id ?? 0);
    const answered =
      parent === undefined || db.get('SELECT 1 FROM comments WHERE id = ? AND paper = ?', parent, paper);
    if (paper === 0 || !answered) return undefined;
    const { id } = db.run(
      'INSERT INTO comments (paper, parent, author, text, created) VALUES (?, ?, ?, ?, ?)',
      paper,
      parent ?? null,
      author,
      text,
      now.toISOString(),
    );
    countComments(db, paper);
    return shown(db.get('SELECT * FROM comments WHERE id = ?', id)!);
  });
}

/** Removes a comment and the answers to it; false when there is none. */
export function removeComment(db: Database, id: number): boolean {
  return db.transaction(() => {
    const row = db.get('SELECT paper FROM comments WHERE id = ?', id);
    if (!row) return false;
    db.run('DELETE FROM comments WHERE id = ?', id);
    countComments(db, Number(row.paper));
    return true;
  });
}

function countComments(db: Database, paper: number): void {
  db.run(
    'UPDATE papers SET own_comments = (SELECT count(*) FROM comments WHERE paper = papers.id) WHERE id = ?',
    paper,
  );
}

function shown(row: Row): Comment {
  return defined<Comment>({
    id: Number(row.id),
    parent: row.parent === null ? undefined : Number(row.parent),
    author: String(row.author),
    text: String(row.text),
    created: String(row.created),
  });
}
