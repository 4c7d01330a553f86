/** The first form that was counted. It stays as it is: what comes after is a step of its own. */
export const firstForm = `
CREATE TABLE papers (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  arxiv TEXT UNIQUE,
  title TEXT NOT NULL,
  title_key TEXT NOT NULL,
  card INTEGER UNIQUE,
  family TEXT,
  own_summary TEXT,
  machine_summary TEXT,
  abstract TEXT,
  authors TEXT NOT NULL DEFAULT '[]',
  author_count INTEGER,
  published TEXT,
  listed TEXT,
  year INTEGER,
  -- That lists are in the order of: when it was listed, or else published.
  day TEXT NOT NULL,
  links TEXT NOT NULL DEFAULT '[]',
  feed_upvotes INTEGER,
  feed_comments INTEGER,
  upvoted INTEGER NOT NULL DEFAULT 0,
  bookmarked INTEGER NOT NULL DEFAULT 0,
  own_comments INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX papers_by_title ON papers (title_key);
CREATE INDEX papers_by_listed ON papers (listed);
CREATE INDEX papers_by_year ON papers (year);
CREATE INDEX papers_by_family ON papers (family);
-- With all that trending is made of, so that the long rows need not be read.
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

-- What is searched, by stems; and the words as written, for telling which there are.
CREATE VIRTUAL TABLE paper_text USING fts5 (
  title, body, content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
);
INSERT INTO paper_text (paper_text, rank) VALUES ('rank', 'bm25(2.0, 1.0)');
CREATE VIRTUAL TABLE paper_words USING fts5 (
  words, content = '', contentless_delete = 1, detail = none, tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE paper_vocabulary USING fts5vocab (paper_words, row);

-- Votes of feeds grow for days.
CREATE TABLE upvote_history (
  paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
  day TEXT NOT NULL,
  upvotes INTEGER NOT NULL,
  PRIMARY KEY (paper, day)
) WITHOUT ROWID;

CREATE TABLE comments (
  id INTEGER PRIMARY KEY,
  paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
  parent INTEGER REFERENCES comments ON DELETE CASCADE,
  author TEXT NOT NULL,
  text TEXT NOT NULL,
  created TEXT NOT NULL
);
CREATE INDEX comments_by_paper ON comments (paper);

CREATE TABLE meaning (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  papers INTEGER NOT NULL,
  terms TEXT NOT NULL,
  weights BLOB NOT NULL,
  vectors BLOB NOT NULL,
  mean BLOB NOT NULL
);

CREATE TABLE subscriptions (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  frequency TEXT NOT NULL,
  family TEXT,
  query TEXT,
  created TEXT NOT NULL,
  last_sent TEXT,
  last_try TEXT,
  trouble TEXT
);
CREATE TABLE sent (
  subscription INTEGER NOT NULL REFERENCES subscriptions ON DELETE CASCADE,
  paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
  PRIMARY KEY (subscription, paper)
) WITHOUT ROWID;

CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;
