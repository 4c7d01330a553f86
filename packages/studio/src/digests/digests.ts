import { type DigestPaper, digest } from 'tutelage/papers';
import type { Digest, PaperSummary, Sent } from '../api/index.js';
import type { Papers } from '../papers/papers.js';
import type { Claims } from '../papers/rows.js';
import type { Database } from '../store/database.js';
import { mailSettings, sendMail } from './mail.js';
import { markSent, type SubscriptionRow, subscriptionRows, unsentPapers } from './subscriptions.js';

export interface DigestParts {
  readonly db: Database;
  readonly papers: Papers;
  readonly claims: () => Claims;
  /** Folder of what could not be mailed. */
  readonly outbox: string;
  /** Where the studio is on this machine. */
  readonly localUrl: () => string;
  readonly now: () => Date;
}

/** Papers of one digest; more wait for the next. */
const maxPapers = 50;

/** Where readers reach the studio, without a slash at the end. */
export function publicUrl({ db, localUrl }: Pick<DigestParts, 'db' | 'localUrl'>): string {
  return (mailSettings(db)?.publicUrl ?? localUrl()).replace(/\/+$/, '');
}

/** What a subscription's next digest is, with the ids of its papers. */
export function composeDigest(
  parts: DigestParts,
  row: SubscriptionRow,
): Digest & { readonly ids: readonly number[] } {
  const ids = unsentPapers(parts.db, row).slice(0, maxPapers);
  const base = publicUrl(parts);
  const papers = parts.papers.byIds(ids, parts.claims()).map((paper) => digestPaper(paper, base));
  const unsubscribe = `${base}/unsubscribe/${row.token}`;
  const written = digest({
    topic: topicOf(row),
    day: parts.now().toISOString().slice(0, 10),
    papers,
    unsubscribe,
  });
  return { ...written, papers: papers.length, ids };
}

/**
 * Sends a subscription's digest, unless there is nothing new.
 *
 * @throws {UserError} when it can't be sent; the trouble is noted
 */
export async function sendDigest(parts: DigestParts, row: SubscriptionRow): Promise<Sent> {
  const { db } = parts;
  const time = parts.now().toISOString();
  db.run('UPDATE subscriptions SET last_try = ? WHERE id = ?', time, row.id);
  const { ids, subject, text, html } = composeDigest(parts, row);
  if (ids.length === 0) return { outcome: 'nothing', papers: 0 };
  const unsubscribe = `${publicUrl(parts)}/unsubscribe/${row.token}`;
  try {
    const outcome = await sendMail(db, parts.outbox, { to: row.email, subject, text, html, unsubscribe });
    db.transaction(() => {
      markSent(db, row.id, ids);
      db.run('UPDATE subscriptions SET last_sent = ?, trouble = NULL WHERE id = ?', time, row.id);
    });
    return { outcome, papers: ids.length };
  } catch (error) {
    const trouble = error instanceof Error ? error.message : String(error);
    db.run('UPDATE subscriptions SET trouble = ? WHERE id = ?', trouble, row.id);
    throw error;
  }
}

const hour = 3_600_000;
/** A little less than the period, so that a digest does not wander around the clock. */
const periods = { daily: 24 * hour - hour / 2, weekly: 7 * 24 * hour - hour / 2 } as const;

/** Sends all digests that are due. Those that fail are tried again after an hour, and keep no other from being sent. */
export async function sendDue(parts: DigestParts): Promise<void> {
  const now = parts.now().getTime();
  const since = (time: string | null) => (time === null ? Number.POSITIVE_INFINITY : now - Date.parse(time));
  for (const row of subscriptionRows(parts.db)) {
    if (since(row.last_sent) < periods[row.frequency] || since(row.last_try) < hour) continue;
    await sendDigest(parts, row).catch(() => undefined);
  }
}

function topicOf({ family, query }: SubscriptionRow): string {
  return [...(query === null ? [] : [`on ${query}`]), ...(family === null ? [] : [`in ${family}`])].join(' ');
}

/** A paper as digests and feeds show it. */
export function digestPaper(paper: PaperSummary, base: string): DigestPaper {
  const { id, title, summary, authorCount, published, verdict } = paper;
  return {
    id,
    title,
    summary,
    url: `${base}/papers/${encodeURIComponent(id)}`,
    ...(authorCount !== undefined && {
      authors: `${authorCount} ${authorCount === 1 ? 'author' : 'authors'}`,
    }),
    ...(published !== undefined && { published }),
    ...(verdict !== undefined && { verdict }),
  };
}
