import { afterEach } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.js';
import { migrate } from '../../src/store/migrations.js';

const opened: Database[] = [];
afterEach(() => {
  for (const db of opened.splice(0)) db.close();
});

/** A new database in memory, closed after the test. */
export function testDatabase(): Database {
  const db = openDatabase(':memory:');
  opened.push(db);
  migrate(db);
  return db;
}
