import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Entry } from '../../../src/language/endpoint/ledger.js';
import type { Call, FakeServer } from './fake-server.js';

/**
 * Holds a journal against what the server did, without the code under test: every call accounted for, no request
 * answered twice, and a cost of exactly what the server billed, or the full price where no answer arrived.
 * @returns nano-dollars spent, and attempts by how they ended
 */
export function audit(
  directory: string,
  server: FakeServer,
): { spent: number; ends: Record<string, number> } {
  const lines = readFileSync(join(directory, 'journal.jsonl'), 'utf8').trimEnd().split('\n');
  const entries = new Map<string, Attempt[]>();
  for (const line of lines) {
    const entry: Entry = JSON.parse(line);
    if (entry.state !== 'schema-refused') entries.set(entry.id, [...(entries.get(entry.id) ?? []), entry]);
  }
  const ends: Record<string, number> = { answered: 0, unknown: 0, failed: 0 };
  let spent = 0;
  for (const [id, attempts] of entries) {
    const calls = server.calls.filter((call) => call.id === id);
    spent += auditRequest(id, attempts, calls);
    for (const { state } of attempts) if (state in ends) ends[state]! += 1;
  }
  expect(server.calls.filter((call) => !entries.has(call.id))).toEqual([]);
  return { spent, ends };
}

type Attempt = Exclude<Entry, { state: 'schema-refused' }>;

/** Checks one request's lines against its calls; returns nano-dollars. */
function auditRequest(id: string, entries: readonly Attempt[], calls: readonly Call[]): number {
  const prices = new Map(
    entries.flatMap((entry) => (entry.state === 'reserved' ? [[entry.attempt, entry.price!]] : [])),
  );
  const sent = new Set(entries.flatMap((entry) => (entry.state === 'sent' ? [entry.attempt] : [])));
  const settled = entries.filter(({ state }) => state !== 'reserved' && state !== 'sent');
  const answered = settled.filter((entry) => entry.state === 'answered');
  const unknown = settled.filter((entry) => entry.state === 'unknown');
  const refused = settled.filter((entry) => entry.state === 'failed' && sent.has(entry.attempt));
  expect(
    settled.map(({ attempt }) => attempt),
    id,
  ).toEqual([...prices.keys()]);
  // One that was cut off on its way, by a kill, never came to the server.
  expect(calls.length, id).toBeLessThanOrEqual(sent.size);
  expect(calls.length, id).toBeGreaterThanOrEqual(sent.size - unknown.length);
  expect(calls.filter(({ billed }) => billed === 0).length, id).toBeGreaterThanOrEqual(refused.length);
  expect(unknown.length, id).toBeLessThanOrEqual(2);
  expect(answered.length, id).toBeLessThanOrEqual(1);
  // Nothing is sent after the answer, so it is the last call's.
  if (answered[0]) expect(answered[0].cost, id).toBe(calls.at(-1)!.billed);
  const spent = unknown.reduce((sum, { attempt }) => sum + prices.get(attempt)!, answered[0]?.cost ?? 0);
  expect(
    calls.reduce((sum, { billed }) => sum + billed, 0),
    id,
  ).toBeLessThanOrEqual(spent);
  return spent;
}
