import { randomBytes } from 'node:crypto';
import { defined } from 'tutelage/papers';
import { z } from 'zod';
import { newSubscriptionSchema, roomSchema, type Subscription } from '../api/index.js';
import { matchingPapers } from '../papers/matching.js';
import type { Database } from '../store/database.js';

const rowSchema = z.object({
  id: z.number(),
  token: z.string(),
  email: z.string(),
  frequency: newSubscriptionSchema.shape.frequency,
  family: roomSchema.nullable(),
  query: z.string().nullable(),
  created: z.string(),
  last_sent: z.string().nullable(),
  last_try: z.string().nullable(),
  trouble: z.string().nullable(),
});

export type SubscriptionRow = z.infer<typeof rowSchema>;

/** Papers of the first digest: what was there before is not new. */
const firstPapers = 10;

export function subscriptionRows(db: Database): SubscriptionRow[] {
  return db.all('SELECT * FROM subscriptions ORDER BY id').map((row) => rowSchema.parse(row));
}

export function subscriptionRow(db: Database, id: number): SubscriptionRow | undefined {
  const row = db.get('SELECT * FROM subscriptions WHERE id = ?', id);
  return row && rowSchema.parse(row);
}

/** A subscription without its token, which ends it. */
export function shownSubscription(row: SubscriptionRow): Subscription {
  return defined<Subscription>({
    id: row.id,
    email: row.email,
    frequency: row.frequency,
    family: row.family ?? undefined,
    query: row.query ?? undefined,
    created: row.created,
    lastSent: row.last_sent ?? undefined,
    trouble: row.trouble ?? undefined,
  });
}

/** Adds a subscription. Of the papers that there are, the newest alone will be in its first digest. */
export function subscribe(
  db: Database,
  { email, frequency, family, query }: z.output<typeof newSubscriptionSchema>,
  now: Date,
): Subscription {
  return db.transaction(() => {
    const { id } = db.run(
      'INSERT INTO subscriptions (token, email, frequency, family, query, created) VALUES (?, ?, ?, ?, ?, ?)',
      randomBytes(24).toString('base64url'),
      email,
      frequency,
      family ?? null,
      query ?? null,
      now.toISOString(),
    );
    const row = subscriptionRow(db, id)!;
    markSent(db, id, matchingPapers(db, row).slice(firstPapers));
    return shownSubscription(row);
  });
}

export function unsubscribe(db: Database, id: number): boolean {
  return db.run('DELETE FROM subscriptions WHERE id = ?', id).changes > 0;
}

/** Ends the subscription of a token; false when there is none. */
export function unsubscribeByToken(db: Database, token: string): boolean {
  return db.run('DELETE FROM subscriptions WHERE token = ?', token).changes > 0;
}

export function isToken(db: Database, token: string): boolean {
  return db.get('SELECT 1 FROM subscriptions WHERE token = ?', token) !== undefined;
}

/** Ids of the papers that match and were not sent yet, the newest first. */
export function unsentPapers(db: Database, row: SubscriptionRow): number[] {
  const sent = new Set(
    db.all('SELECT paper FROM sent WHERE subscription = ?', row.id).map(({ paper }) => paper),
  );
  return matchingPapers(db, row).filter((id) => !sent.has(id));
}

export function markSent(db: Database, subscription: number, papers: readonly number[]): void {
  for (const paper of papers) {
    db.run('INSERT OR IGNORE INTO sent (subscription, paper) VALUES (?, ?)', subscription, paper);
  }
}
