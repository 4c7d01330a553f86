import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Journal, openJournal, replay } from '../../../src/language/endpoint/journal.js';
import type { Entry } from '../../../src/language/endpoint/ledger.js';

const newDirectory = () => mkdtempSync(join(tmpdir(), 'journal-'));
const linesOf = (directory: string) =>
  readFileSync(join(directory, 'journal.jsonl'), 'utf8').trimEnd().split('\n');

const reserved = (id: string, attempt = 1): Entry => ({ state: 'reserved', id, attempt, price: 100 });
const sent = (id: string, attempt = 1): Entry => ({ state: 'sent', id, attempt });
const answered = (id: string, attempt = 1): Entry => ({
  state: 'answered',
  id,
  attempt,
  cost: 30,
  usage: { input: 5, cachedInput: 0, output: 2 },
  answer: { text: 'é\n"', finish: 'stop' },
});

async function write(journal: Journal, ...entries: Entry[]): Promise<void> {
  for (const entry of entries) await journal.append(entry);
}

describe('replay', () => {
  test('restores spending and answers, and settles what was open', async () => {
    const directory = newDirectory();
    const journal = await openJournal(directory);
    await write(journal, reserved('a'), sent('a'), answered('a'), reserved('b'), sent('b'), reserved('c'));
    expect(journal.ledger).toMatchObject({ spent: 30, reserved: 200 });
    await journal.close();

    const again = await openJournal(directory);
    // `b` may have been billed, `c` never left.
    expect(again.ledger).toMatchObject({ spent: 130, reserved: 0 });
    expect(again.ledger.answers.get('a')).toEqual({ text: 'é\n"', finish: 'stop' });
    expect(again.ledger.unknowns.get('b')).toHaveLength(1);
    expect(again.ledger.unknowns.has('c')).toBe(false);
    await again.close();
    expect(linesOf(directory)).toHaveLength(8);
  });

  test('cut off at any byte it is the state after the last whole line', async () => {
    const directory = newDirectory();
    const journal = await openJournal(directory);
    await write(journal, reserved('a'), sent('a'), answered('a'), reserved('b'), sent('b'), answered('b'));
    await journal.close();
    const bytes = readFileSync(join(directory, 'journal.jsonl'));
    for (let length = 0; length <= bytes.length; length++) {
      const cut = replay(bytes.subarray(0, length), 'journal.jsonl');
      const whole = replay(bytes.subarray(0, cut.length), 'journal.jsonl');
      expect(cut).toEqual(whole);
      expect(length - cut.length).toBeLessThan(200);
    }
    writeFileSync(join(directory, 'journal.jsonl'), bytes.subarray(0, bytes.length - 3));
    const torn = await openJournal(directory);
    await torn.close();
    expect(replay(readFileSync(join(directory, 'journal.jsonl')), '').ledger.spent).toBe(130);
  });

  test.each([
    ['not JSON', '{"state":"sent","id":"a","attem'],
    ['an unknown state', '{"state":"paid","id":"a","attempt":1}'],
    ['an answer never sent', JSON.stringify(answered('a'))],
    ['a settlement never reserved', JSON.stringify(answered('z'))],
    ['a second reservation of the same attempt', JSON.stringify(reserved('a'))],
  ])('refuses %s in the middle, naming the line', (_, line) => {
    const text = `${[JSON.stringify(reserved('a')), line, JSON.stringify(sent('a'))].join('\n')}\n`;
    expect(() => replay(Buffer.from(text), 'j.jsonl')).toThrow(/damaged journal: j\.jsonl, line 2/);
  });
});

describe('append', () => {
  test('lines of parallel callers all reach the disk, in order', async () => {
    const directory = newDirectory();
    const journal = await openJournal(directory);
    const ids = Array.from({ length: 100 }, (_, index) => `id${index}`);
    await Promise.all(ids.map((id) => journal.append(reserved(id))));
    expect(linesOf(directory).map((line) => JSON.parse(line).id)).toEqual(ids);
    await journal.close();
  });
});

describe('lock', () => {
  test('a second opening is refused, in this process', async () => {
    const directory = newDirectory();
    const journal = await openJournal(directory);
    await expect(openJournal(directory)).rejects.toThrow(`journal in use: by process ${process.pid}`);
    await journal.close();
    await (await openJournal(directory)).close();
  });

  test.skipIf(!existsSync('/proc/self/stat'))('a live process is respected, a dead one is not', async () => {
    const directory = newDirectory();
    const locks = join(directory, 'lock');
    mkdirSync(locks);
    const parent = process.ppid;
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8');
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    // Gone; its id taken over by a later process.
    writeFileSync(join(locks, `${hostname()}+4194305+1`), '');
    writeFileSync(join(locks, `${hostname()}+${parent}+1`), '');
    await (await openJournal(directory)).close();
    expect(readdirSync(locks)).toEqual([]);

    writeFileSync(join(locks, `${hostname()}+${parent}+${start}`), '');
    await expect(openJournal(directory)).rejects.toThrow(`by process ${parent}`);
    expect(readdirSync(locks)).toHaveLength(1);
  });

  test('nothing is known of a process on another computer, so it counts as alive', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, 'lock'));
    writeFileSync(join(directory, 'lock', 'elsewhere+1+1'), '');
    await expect(openJournal(directory)).rejects.toThrow('by process 1 on elsewhere');
  });

  test('of many at the same moment at most one gets it', async () => {
    const directory = newDirectory();
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => openJournal(directory)));
    const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    await Promise.all(winners.map((winner) => winner.value.close()));
  });
});
