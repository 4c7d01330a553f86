import { UserError } from 'tutelage';
import type { Database } from './database.js';
import { firstForm } from './first-form.js';

/** The steps from an empty database to the present one. A step that was ever released is not changed; new ones are added. */
const steps: readonly ((db: Database) => void)[] = [(db) => db.exec(firstForm), completed];

/**
 * Brings a database to the present form, all or nothing.
 *
 * @throws {UserError} when a later version of the studio has written it, or something else
 */
export function migrate(db: Database): void {
  const version = Number(db.get('PRAGMA user_version')!.user_version);
  if (version > steps.length) {
    throw new UserError(`the database was written by a later version of the studio: form ${version}`, {
      hint: 'update tutelage, or choose another folder',
    });
  }
  for (const [i, step] of steps.entries()) {
    if (i < version) continue;
    db.transaction(() => {
      step(db);
      db.exec(`PRAGMA user_version = ${i + 1}`);
    });
  }
  checkForm(db);
}

/** Databases of the first days are of the first form in number, and lack some of it. */
function completed(db: Database): void {
  if (!columnsOf(db, 'subscriptions').includes('last_try')) {
    db.exec('ALTER TABLE subscriptions ADD COLUMN last_try TEXT');
  }
  if (columnsOf(db, 'papers').includes('day')) return;
  db.exec(`
    DROP INDEX papers_by_day;
    ALTER TABLE papers ADD COLUMN day TEXT NOT NULL DEFAULT '';
    UPDATE papers SET day = coalesce(listed, published, year || '-01-01', '2000-01-01');
    ALTER TABLE papers DROP COLUMN vector;
    ALTER TABLE papers DROP COLUMN code;
    CREATE INDEX papers_by_year ON papers (year);
    CREATE INDEX papers_by_family ON papers (family);
    CREATE INDEX papers_by_day ON papers (
      day DESC, id DESC, card, feed_upvotes, upvoted, feed_comments, own_comments
    );
    CREATE INDEX papers_by_upvotes ON papers ((coalesce(feed_upvotes, 0) + upvoted) DESC, day DESC, id DESC);
    CREATE INDEX papers_by_comments ON papers ((coalesce(feed_comments, 0) + own_comments) DESC, day DESC, id DESC);
    CREATE TABLE paper_meanings (
      paper INTEGER PRIMARY KEY REFERENCES papers ON DELETE CASCADE,
      vector FLOAT8(256) NOT NULL,
      code BLOB NOT NULL
    );
    INSERT INTO paper_text (paper_text, rank) VALUES ('rank', 'bm25(2.0, 1.0)');
  `);
}

/** Columns that queries name, by table: what lacks one is told of now, and not by every page. */
const needed = {
  papers: [
    'slug',
    'arxiv',
    'title_key',
    'card',
    'day',
    'feed_upvotes',
    'upvoted',
    'bookmarked',
    'own_comments',
  ],
  paper_meanings: ['paper', 'vector', 'code'],
  paper_text: ['title', 'body'],
  paper_words: ['words'],
  upvote_history: ['paper', 'day', 'upvotes'],
  comments: ['paper', 'parent', 'author', 'text', 'created'],
  meaning: ['papers', 'terms', 'weights', 'vectors', 'mean'],
  subscriptions: ['token', 'email', 'frequency', 'family', 'query', 'last_sent', 'last_try', 'trouble'],
  sent: ['subscription', 'paper'],
  settings: ['key', 'value'],
} as const;

function checkForm(db: Database): void {
  for (const [table, columns] of Object.entries(needed)) {
    const there = columnsOf(db, table);
    const missing = columns.find((name) => !there.includes(name));
    if (missing === undefined) continue;
    throw new UserError(`the database is none of the studio's: ${table} has no ${missing}`, {
      hint: 'move .studio/studio.db out of the folder: the studio begins a new one; runs and students stay',
    });
  }
}

function columnsOf(db: Database, table: string): string[] {
  return db.all('SELECT name FROM pragma_table_info(?)', table).map(({ name }) => String(name));
}
