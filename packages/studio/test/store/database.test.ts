import { join } from 'node:path';
import { UserError } from 'tutelage';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { testFolder } from '../../../tutelage/test/tasks/folder.js';
import { type Bound, openDatabase } from '../../src/store/database.js';
import { migrate } from '../../src/store/migrations.js';
import { readSetting, writeSetting } from '../../src/store/settings.js';
import { testDatabase } from '../support/database.js';

const folder = testFolder();

test('what is bound comes back', () => {
  const db = testDatabase();
  const row = db.get(
    'SELECT ? AS text, ? AS number, ? AS none, ? AS bytes',
    'é',
    1.5,
    null,
    new Uint8Array([1, 2]),
  );
  expect(row).toEqual({ text: 'é', number: 1.5, none: null, bytes: new Uint8Array([1, 2]).buffer });
  expect(db.get('SELECT 1 WHERE 0')).toBeUndefined();
});

test('what the library would die of is refused before, and a zero does not cut a text short', () => {
  const db = testDatabase();
  for (const value of [true, new Date(), { a: 1 }, undefined]) {
    expect(() => db.get('SELECT ?', value as unknown as Bound)).toThrow(TypeError);
  }
  expect(db.get('SELECT ? AS text', 'a\0b')).toEqual({ text: 'a\ufffdb' });
});

test('a transaction that fails leaves nothing', () => {
  const db = testDatabase();
  expect(() =>
    db.transaction(() => {
      writeSetting(db, 'a', 1);
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(readSetting(db, 'a', z.number())).toBeUndefined();
});

test('a database is opened again with what it held, and migrated once', () => {
  const path = join(folder.path, 'studio.db');
  for (const round of [1, 2]) {
    const db = openDatabase(path);
    migrate(db);
    if (round === 1) writeSetting(db, 'greeting', { text: 'hello' });
    expect(readSetting(db, 'greeting', z.object({ text: z.string() }))).toEqual({ text: 'hello' });
    expect(readSetting(db, 'greeting', z.number())).toBeUndefined();
    db.close();
  }
});

test('a later form, a file that is no database, and a folder that is not there', () => {
  const path = join(folder.path, 'later.db');
  const db = openDatabase(path);
  db.exec('PRAGMA user_version = 99');
  expect(() => migrate(db)).toThrow('a later version of the studio');
  db.close();
  expect(() =>
    openDatabase(folder.write('text.db', 'not a database, whatever its name says. '.repeat(40))),
  ).toThrow(UserError);
  expect(() => openDatabase(join(folder.path, 'absent', 'a.db'))).toThrow(UserError);
});
