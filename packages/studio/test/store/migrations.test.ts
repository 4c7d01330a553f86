import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from '../../../tutelage/test/tasks/folder.js';
import { studioApp } from '../../src/server/app.js';
import { openStudio } from '../../src/server/studio.js';
import { openDatabase } from '../../src/store/database.js';
import { firstForm } from '../../src/store/first-form.js';
import { migrate } from '../../src/store/migrations.js';
import { testDatabase } from '../support/database.js';

const firstDays = readFileSync(new URL('first-days.sql', import.meta.url), 'utf8');
const folder = testFolder().path;
const path = join(folder, '.studio', 'studio.db');

/** A workspace of which the database is left by statements. */
function leave(statements: string): void {
  mkdirSync(join(folder, '.studio'), { recursive: true });
  const db = openDatabase(path);
  db.exec(statements);
  db.close();
}

const form = (db: ReturnType<typeof openDatabase>) =>
  db
    .all(
      `SELECT t.name AS "table", c.name AS "column", c.type FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
       WHERE t.type = 'table' AND t.name NOT LIKE '%\\_%' ESCAPE '\\' OR t.name IN ('paper_meanings', 'upvote_history') ORDER BY 1, 2`,
    )
    .map(({ table, column, type }) => `${table}.${column} ${type}`);
const indexes = (db: ReturnType<typeof openDatabase>) =>
  db
    .all("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1")
    .map(({ name }) => name);

test('a step that was released is not changed: a change is a new step', () => {
  const text = firstForm.replaceAll(/--.*|\s+/g, ' ').replaceAll(/\s+/g, ' ');
  expect(createHash('sha256').update(text).digest('hex')).toBe(
    '43d8f6d9e04bfb5f9844f55e541f26aab8914d679481678dd8d564ea5c70ee11',
  );
});

test('a workspace of the first days opens with all that was kept in it, and is of the present form', async () => {
  leave(firstDays);
  const studio = openStudio({ folder, localUrl: () => '' });
  const app = studioApp(studio, { web: folder, token: undefined });
  const ask = async (address: string, init: RequestInit = {}) => {
    const headers = { host: '127.0.0.1:7878', 'content-type': 'application/json' };
    const response = await app.request(`http://127.0.0.1:7878/api${address}`, { headers, ...init });
    expect(response.status, address).toBeLessThan(300);
    return response.json();
  };
  try {
    await studio.papers.settled();
    expect(await ask('/papers?q=walrus')).toMatchObject({
      papers: [{ title: 'Kept from before', upvotes: 8, upvoted: true, bookmarked: true, comments: 1 }],
    });
    expect(await ask('/papers?sort=newest&limit=200')).toMatchObject({ total: 50 });
    for (const sort of ['trending', 'upvotes', 'comments']) await ask(`/papers?sort=${sort}`);
    expect(await ask('/papers?day=2025-12-09')).toMatchObject({ total: 1 });
    expect(await ask('/papers/2512.00001/comments')).toMatchObject({ comments: [{ text: 'kept too' }] });
    expect(await ask('/papers/2512.00001/similar')).toMatchObject({ papers: expect.any(Array) });
    expect(await ask('/papers/without-a-day')).toMatchObject({ year: 2019 });
    expect(await ask('/subscriptions')).toMatchObject({ subscriptions: [{ email: 'reader@example.org' }] });
    expect(await ask('/subscriptions/1/preview')).toMatchObject({ papers: expect.any(Number) });
    const listing = JSON.stringify({
      source: 'text',
      text: 'A new one\nIt teaches.\n  • 2 authors\n·\nDec 3',
    });
    await ask('/papers/import', { method: 'POST', body: listing });
    const fresh = testDatabase();
    expect(form(studio.db)).toEqual(form(fresh));
    expect(indexes(studio.db)).toEqual(indexes(fresh));
  } finally {
    await studio.close();
  }
});

test('a database that lacks what queries name is told of when it is opened', () => {
  const db = testDatabase();
  db.exec('ALTER TABLE comments DROP COLUMN author');
  expect(() => migrate(db)).toThrow('comments has no author');
});

test('a step that fails leaves the database as it was', () => {
  const db = openDatabase(':memory:');
  db.exec(`${firstDays}; DROP INDEX papers_by_day;`);
  expect(() => migrate(db)).toThrow();
  expect(db.get('PRAGMA user_version')).toEqual({ user_version: 1 });
  expect(db.get("SELECT count(*) AS n FROM pragma_table_info('papers') WHERE name = 'day'")).toEqual({
    n: 0,
  });
  db.close();
});
