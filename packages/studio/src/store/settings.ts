import type { z } from 'zod';
import type { Database } from './database.js';

/** A setting by its name, or undefined if it is not set or of another form. */
export function readSetting<T>(db: Database, key: string, schema: z.ZodType<T>): T | undefined {
  const row = db.get('SELECT value FROM settings WHERE key = ?', key);
  return row && schema.safeParse(JSON.parse(String(row.value))).data;
}

export function writeSetting(db: Database, key: string, value: unknown): void {
  db.run('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)', key, JSON.stringify(value));
}
