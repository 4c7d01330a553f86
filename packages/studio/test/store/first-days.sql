-- A database as the studio of the first days has left it: of form 1, without what was added to that form later.
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
  links TEXT NOT NULL DEFAULT '[]',
  feed_upvotes INTEGER,
  feed_comments INTEGER,
  upvoted INTEGER NOT NULL DEFAULT 0,
  bookmarked INTEGER NOT NULL DEFAULT 0,
  own_comments INTEGER NOT NULL DEFAULT 0,
  vector FLOAT8(256),
  code BLOB
);
CREATE INDEX papers_by_title ON papers (title_key);
CREATE INDEX papers_by_listed ON papers (listed);
CREATE INDEX papers_by_day ON papers (coalesce(listed, published) DESC, id DESC);

-- What is searched, by stems; and the words as written, for telling which there are.
CREATE VIRTUAL TABLE paper_text USING fts5 (
  title, body, content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
);
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
  trouble TEXT
);
CREATE TABLE sent (
  subscription INTEGER NOT NULL REFERENCES subscriptions ON DELETE CASCADE,
  paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
  PRIMARY KEY (subscription, paper)
) WITHOUT ROWID;

CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

PRAGMA user_version = 1;

INSERT INTO papers (id, slug, arxiv, title, title_key, abstract, authors, published, listed, year, feed_upvotes, upvoted, bookmarked, own_comments)
VALUES
  (1, '2512.00001', '2512.00001', 'Kept from before', 'keptfrombefore', 'A teacher of walruses.', '["A"]', '2025-12-01', '2025-12-09', 2025, 7, 1, 1, 1),
  (2, 'without-a-day', NULL, 'Without a day', 'withoutaday', NULL, '[]', NULL, NULL, 2019, NULL, 0, 0, 0);
INSERT INTO paper_text (rowid, title, body) VALUES (1, 'Kept from before', 'A teacher of walruses.'), (2, 'Without a day', '');
INSERT INTO paper_words (rowid, words) VALUES (1, 'Kept from before A teacher of walruses.'), (2, 'Without a day');
INSERT INTO upvote_history (paper, day, upvotes) VALUES (1, '2025-12-09', 7);
INSERT INTO comments (id, paper, author, text, created) VALUES (1, 1, 'me', 'kept too', '2025-12-10T00:00:00.000Z');
INSERT INTO subscriptions (id, token, email, frequency, created) VALUES (1, 'abc', 'reader@example.org', 'weekly', '2025-12-10T00:00:00.000Z');
INSERT INTO settings (key, value) VALUES ('greeting', '"hello"');
