import { z } from 'zod';
import type { Usage } from './prices.js';

const usageSchema = z.object({ input: z.int(), cachedInput: z.int(), output: z.int() });

const alternativeSchema = z.object({ token: z.string(), logprob: z.number() });
export type Alternative = z.infer<typeof alternativeSchema>;

const scoredTokenSchema = z.object({ text: z.string().nullable(), logprob: z.number().nullable() });
/** A token of a text that was scored: null where the server does not say. */
export type ScoredToken = z.infer<typeof scoredTokenSchema>;

const answerSchema = z.object({
  text: z.string(),
  /** Why the model stopped: `stop`, `length` (out of tokens), `content-filter`, ... */
  finish: z.string(),
  /** Most likely tokens in place of the answer's first one, if asked for and sent. */
  firstToken: z.array(alternativeSchema).optional(),
  /** Tokens of the request's text, where it was to be scored and the server did so. */
  scored: z.array(scoredTokenSchema).optional(),
});
export type Answer = z.infer<typeof answerSchema>;

const attempt = { id: z.string(), attempt: z.int().positive() };

/** One line of the journal. Prices and costs are nano-dollars, null where the model's price isn't known. */
export const entrySchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('reserved'), ...attempt, price: z.int().nonnegative().nullable() }),
  z.object({ state: z.literal('sent'), ...attempt }),
  z.object({
    state: z.literal('answered'),
    ...attempt,
    cost: z.int().nonnegative().nullable(),
    usage: usageSchema.nullable(),
    answer: answerSchema,
  }),
  z.object({ state: z.literal('unknown'), ...attempt, reason: z.string() }),
  z.object({ state: z.literal('failed'), ...attempt, reason: z.string() }),
  /** An endpoint refuses schemas, so requests to it carry none. */
  z.object({ state: z.literal('schema-refused'), target: z.string() }),
]);
export type Entry = z.infer<typeof entrySchema>;

interface OpenAttempt {
  readonly id: string;
  readonly attempt: number;
  readonly price: number | null;
  sent: boolean;
}

/** What a request came to, over all its attempts. */
export interface RequestBill {
  /** Attempts that the server has run, or may have. */
  calls: number;
  /** Tokens of the answer, as the server counted them. */
  inputTokens: number;
  outputTokens: number;
  /** Nano-dollars: as in `spent`; null where the price wasn't known. */
  cost: number | null;
}

/** What the journal says so far. */
export interface Ledger {
  /** Nano-dollars: of answers at their cost, of unknown outcomes at the full price reserved. */
  spent: number;
  /** Nano-dollars held for attempts whose outcome is open. */
  reserved: number;
  /** Attempts, open or spent, whose price wasn't known. */
  unpriced: number;
  /** Attempts without an outcome, by `id#attempt`. */
  readonly open: Map<string, OpenAttempt>;
  /** Number of attempts by request. */
  readonly attempts: Map<string, number>;
  /** Why outcomes are unknown, by request. */
  readonly unknowns: Map<string, string[]>;
  readonly answers: Map<string, Answer>;
  /** Of requests that have an outcome, failures left out. */
  readonly bills: Map<string, RequestBill>;
  readonly schemaRefused: Set<string>;
}

export function emptyLedger(): Ledger {
  return {
    spent: 0,
    reserved: 0,
    unpriced: 0,
    open: new Map(),
    attempts: new Map(),
    unknowns: new Map(),
    answers: new Map(),
    bills: new Map(),
    schemaRefused: new Set(),
  };
}

/**
 * Enters one line. An attempt goes `reserved -> sent -> answered | unknown | failed`, or `reserved -> failed` if it
 * was given up before sending.
 * @throws {Error} if the line can't follow the ones before it
 */
export function enter(ledger: Ledger, entry: Entry): void {
  if (entry.state === 'schema-refused') {
    ledger.schemaRefused.add(entry.target);
    return;
  }
  const key = `${entry.id}#${entry.attempt}`;
  if (entry.state === 'reserved') {
    reserve(ledger, key, entry);
    return;
  }
  const open = ledger.open.get(key);
  if (!open) throw new Error(`${entry.state} without reservation: ${key}`);
  if (entry.state === 'sent') {
    open.sent = true;
    return;
  }
  if (entry.state !== 'failed' && !open.sent) throw new Error(`${entry.state} without being sent: ${key}`);
  settle(ledger, key, open, entry);
}

function reserve(ledger: Ledger, key: string, entry: Extract<Entry, { state: 'reserved' }>): void {
  if (entry.attempt !== nextAttempt(ledger, entry.id)) throw new Error(`attempt out of order: ${key}`);
  if (ledger.answers.has(entry.id)) throw new Error(`reserved although answered: ${key}`);
  ledger.attempts.set(entry.id, entry.attempt);
  ledger.open.set(key, { id: entry.id, attempt: entry.attempt, price: entry.price, sent: false });
  ledger.reserved += entry.price ?? 0;
  if (entry.price === null) ledger.unpriced += 1;
}

function settle(
  ledger: Ledger,
  key: string,
  open: OpenAttempt,
  entry: Extract<Entry, { state: 'answered' | 'unknown' | 'failed' }>,
): void {
  ledger.open.delete(key);
  ledger.reserved -= open.price ?? 0;
  switch (entry.state) {
    case 'answered':
      ledger.spent += entry.cost ?? 0;
      charge(ledger, entry.id, entry.cost, entry.usage);
      ledger.answers.set(entry.id, entry.answer);
      return;
    case 'unknown':
      ledger.spent += open.price ?? 0;
      charge(ledger, entry.id, open.price, null);
      ledger.unknowns.set(entry.id, [...(ledger.unknowns.get(entry.id) ?? []), entry.reason]);
      return;
    case 'failed':
      if (open.price === null) ledger.unpriced -= 1;
  }
}

function charge(ledger: Ledger, id: string, cost: number | null, usage: Usage | null): void {
  const before = ledger.bills.get(id) ?? { calls: 0, inputTokens: 0, outputTokens: 0, cost: 0 };
  ledger.bills.set(id, {
    calls: before.calls + 1,
    inputTokens: before.inputTokens + (usage?.input ?? 0),
    outputTokens: before.outputTokens + (usage?.output ?? 0),
    cost: before.cost === null || cost === null ? null : before.cost + cost,
  });
}

export function nextAttempt(ledger: Ledger, id: string): number {
  return (ledger.attempts.get(id) ?? 0) + 1;
}

/**
 * The lines that close what a killed process left open: a request that was sent may have been billed, one that was
 * only reserved can't have been, since `sent` is on disk before the first byte leaves.
 */
export function recoveryEntries(ledger: Ledger): Entry[] {
  return [...ledger.open.values()].map(({ id, attempt, sent }) =>
    sent
      ? { state: 'unknown', id, attempt, reason: 'the process ended before the answer came' }
      : { state: 'failed', id, attempt, reason: 'the process ended before the request was sent' },
  );
}
