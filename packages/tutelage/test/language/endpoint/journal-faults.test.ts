import { mkdtempSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createEndpoint } from '../../../src/language/endpoint/client.js';
import { openJournal } from '../../../src/language/endpoint/journal.js';
import type { Entry } from '../../../src/language/endpoint/ledger.js';
import { PRICE, startFakeServer } from './fake-server.js';

/** How many more calls succeed; the one after them fails like a full disk, half-way through if it writes. */
let remaining = Number.POSITIVE_INFINITY;

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  return {
    ...original,
    async open(...args: Parameters<typeof original.open>): Promise<FileHandle> {
      const handle = await original.open(...args);
      const appendFile = handle.appendFile.bind(handle);
      const datasync = handle.datasync.bind(handle);
      handle.appendFile = async (data, options) => {
        if (remaining-- > 0) return appendFile(data, options);
        await appendFile(String(data).slice(0, String(data).length / 2));
        throw new Error('ENOSPC: no space left on device');
      };
      handle.datasync = async () => {
        if (remaining-- > 0) return datasync();
        throw new Error('EIO: i/o error');
      };
      return handle;
    },
  };
});

const entries: Entry[] = ['a', 'b'].flatMap((id): Entry[] => [
  { state: 'reserved', id, attempt: 1, price: 100 },
  { state: 'sent', id, attempt: 1 },
  { state: 'answered', id, attempt: 1, cost: 30, usage: null, answer: { text: id, finish: 'stop' } },
]);

test.each(Array.from({ length: 2 * entries.length }, (_, index) => index))(
  'failing write number %i loses no line that was confirmed, and no later one is confirmed',
  async (failing) => {
    const directory = mkdtempSync(join(tmpdir(), 'journal-'));
    const journal = await openJournal(directory);
    remaining = failing;
    const outcomes = [];
    for (const entry of entries) {
      outcomes.push(
        await journal.append(entry).then(
          () => true,
          () => false,
        ),
      );
      remaining = outcomes.includes(false) ? Number.POSITIVE_INFINITY : remaining;
    }
    await journal.close();
    const confirmed = outcomes.indexOf(false);
    expect(confirmed).toBe(Math.floor(failing / 2));
    expect(outcomes.slice(confirmed)).not.toContain(true);

    const again = await openJournal(directory);
    const sure = entries.slice(0, confirmed);
    const answers = sure.filter((entry) => entry.state === 'answered').length;
    const sent = sure.filter((entry) => entry.state === 'sent').length;
    expect(again.ledger.answers.size).toBeGreaterThanOrEqual(answers);
    expect(again.ledger.spent).toBeGreaterThanOrEqual(30 * sent);
    expect(again.ledger.reserved).toBe(0);
    await again.close();
  },
);

test.each([0, 1, 2, 3])(
  'nothing is sent unless its reservation and its sending are on disk: write %i',
  async (failing) => {
    const server = await startFakeServer({ answer: () => 'hello' });
    const directory = mkdtempSync(join(tmpdir(), 'journal-'));
    const endpoint = await createEndpoint({ directory, model: 'm', baseURL: server.url, price: PRICE });
    remaining = failing;
    const request = { messages: [], parameters: { maxTokens: 5 }, trial: 0 };
    await expect(endpoint.complete(request)).rejects.toThrow(/ENOSPC|EIO/);
    remaining = Number.POSITIVE_INFINITY;
    expect(server.calls).toEqual([]);
    await endpoint.close();
    await server.close();
  },
);
