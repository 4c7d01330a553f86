import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { UserError } from '../../src/core/errors.js';
import { nodeFileSystem } from '../../src/runs/file-system.js';
import { openSignals, readSignals } from '../../src/teachers/signal-store.js';
import { intercepted, systemError } from '../runs/faults.js';
import { memoryFileSystem } from '../runs/memory-file-system.js';

const root = mkdtempSync(join(tmpdir(), 'signals-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const newFolder = (): string => join(root, `${count++}`, 'signals');

const record = (n: number, size = 20) => ({
  key: `key ${String(n).padStart(12)}`,
  payload: Buffer.alloc(size, `payload ${n} `),
});
const records = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => record(from + i));
const keys = (to: number) => records(0, to).map(({ key }) => key);
const segment = (folder: string): string => join(folder, 'segment-000001.signals');

/** Numbers of the records that are there, with their content checked. */
function present(store: Pick<ReturnType<typeof readSignals>, 'read'>, to: number): number[] {
  return store.read(keys(to)).flatMap((payload, n) => {
    if (payload) expect(Buffer.from(payload).equals(record(n).payload)).toBe(true);
    return payload ? [n] : [];
  });
}

function filled(to: number): string {
  const folder = newFolder();
  const store = openSignals(folder);
  for (let n = 0; n < to; n += 5) store.append(records(n, Math.min(to, n + 5)));
  store.close();
  return folder;
}

describe('a folder of signals', () => {
  test('gives back what was put in, in any order, later and to readers', () => {
    const folder = newFolder();
    const store = openSignals(folder);
    store.append(records(0, 3));
    store.append([]);
    store.append(records(3, 5));
    expect([store.size, store.damaged]).toEqual([5, 0]);
    expect(store.read([record(4).key, 'nothing like that', record(0).key])).toStrictEqual([
      record(4).payload,
      undefined,
      record(0).payload,
    ]);
    const reader = readSignals(folder);
    expect(present(reader, 9)).toEqual([0, 1, 2, 3, 4]);
    expect(reader.has(record(4).key)).toBe(true);
    expect(reader.has(record(5).key)).toBe(false);
    expect(reader.bytes).toBe(readFileSync(segment(folder)).length);
    store.close();
    const again = openSignals(folder);
    again.append(records(5, 6));
    expect(present(again, 9)).toEqual([0, 1, 2, 3, 4, 5]);
    again.close();
  });

  test('takes the later of two signals under one key', () => {
    const store = openSignals(newFolder());
    store.append([record(0)]);
    store.append([{ key: record(0).key, payload: Buffer.from('later') }]);
    expect(store.read([record(0).key])).toEqual([Buffer.from('later')]);
    expect(store.size).toBe(1);
    store.close();
  });

  test('torn off at any byte loses the last signal alone, and goes on', () => {
    const folder = filled(3);
    const whole = readFileSync(segment(folder));
    const recordLength = 28 + 20;
    for (let cut = 1; cut <= recordLength; cut++) {
      writeFileSync(segment(folder), whole.subarray(0, whole.length - cut));
      expect(present(readSignals(folder), 3)).toEqual([0, 1]);
      const store = openSignals(folder);
      expect(store.damaged).toBe(0);
      expect(readFileSync(segment(folder))).toHaveLength(whole.length - recordLength);
      store.append([record(2)]);
      expect(present(store, 3)).toEqual([0, 1, 2]);
      store.close();
      expect(readFileSync(segment(folder)).equals(whole)).toBe(true);
    }
  });

  test('with one changed byte anywhere loses one signal at most, and says so', () => {
    const folder = filled(4);
    const whole = readFileSync(segment(folder));
    const start = whole.length - 4 * 48;
    for (let at = start; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 0x41;
      writeFileSync(segment(folder), changed);
      const lost = Math.floor((at - start) / 48);
      const reader = readSignals(folder);
      expect(present(reader, 4)).toEqual([0, 1, 2, 3].filter((n) => n !== lost));
      // At the very end damage looks like an unfinished record.
      expect(reader.damaged).toBe(lost === 3 ? 0 : 48);
    }
  });

  test('is refused when it is of another version', () => {
    const folder = filled(1);
    writeFileSync(segment(folder), 'tutelage signals 2\n');
    expect(() => readSignals(folder)).toThrow('not signals, or of another version');
    expect(() => openSignals(folder)).toThrow('not signals, or of another version');
    // The lock was given back.
    rmSync(segment(folder));
    openSignals(folder).close();
  });

  test('has one writer', () => {
    const folder = newFolder();
    const store = openSignals(folder);
    expect(() => openSignals(folder)).toThrow(`signals can't be written to: ${folder}`);
    store.close();
    openSignals(folder).close();
  });

  test('is divided into segments, each with an index that may be lost or damaged', () => {
    const folder = newFolder();
    const store = openSignals(folder);
    const large = 5 * 2 ** 20;
    for (let n = 0; n < 10; n++) store.append([record(n, large)]);
    store.close();
    const names = () => readdirSync(folder).filter((name) => name.startsWith('segment'));
    expect(names().sort()).toEqual([
      'segment-000001.index',
      'segment-000001.signals',
      'segment-000002.index',
      'segment-000002.signals',
      'segment-000003.signals',
    ]);
    const sizes = () => {
      const reader = readSignals(folder);
      const payloads = reader.read(keys(10));
      expect(payloads.map((payload) => payload?.length)).toEqual(new Array(10).fill(large));
      return reader.bytes;
    };
    const bytes = sizes();
    rmSync(join(folder, 'segment-000001.index'));
    appendFileSync(join(folder, 'segment-000002.index'), 'x');
    expect(sizes()).toBe(bytes);
  });

  test('damaged behind its index gives nothing wrong', () => {
    const folder = newFolder();
    const store = openSignals(folder);
    store.append([record(0, 17 * 2 ** 20), record(1)]);
    store.append([record(2)]);
    store.close();
    const bytes = readFileSync(segment(folder));
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(segment(folder), bytes);
    const [first, second, third] = readSignals(folder).read(keys(3));
    expect(first).toHaveLength(17 * 2 ** 20);
    expect(second).toBeUndefined();
    expect(third).toEqual(record(2).payload);
  });
});

describe('faults of the disk', () => {
  test('at any call are explained, and lose nothing that was there', () => {
    for (let failing = 1; ; failing++) {
      const { fs } = memoryFileSystem();
      const before = openSignals('/signals', fs);
      before.append(records(0, 2));
      before.close();
      let failed = false;
      const faulty = intercepted(fs, (call) => {
        failed ||= call === failing;
        if (call === failing) throw systemError('ENOSPC');
      });
      try {
        const store = openSignals('/signals', faulty);
        try {
          store.append(records(2, 4));
        } finally {
          store.close();
        }
      } catch (error) {
        const { name, message, detail } = error as UserError;
        expect([name, `${message} ${detail}`]).toEqual([
          'UserError',
          expect.stringContaining('the disk is full'),
        ]);
      }
      // The lock, if it couldn't be given back, would be free with the end of the process.
      for (const name of fs.list('/signals')) if (name.startsWith('lock')) fs.remove(`/signals/${name}`);
      const store = openSignals('/signals', fs);
      expect(present(store, 2)).toEqual([0, 1]);
      store.append(records(4, 5));
      expect(present(store, 5)).toEqual(expect.arrayContaining([0, 1, 4]));
      store.close();
      if (!failed) break;
    }
  });

  test('a store that failed to write goes on when there is room again', () => {
    const folder = newFolder();
    let isFull = false;
    const fs = intercepted(nodeFileSystem, (_, call) => {
      if (isFull && (call === 'write' || call === 'truncate')) throw systemError('ENOSPC');
    });
    const store = openSignals(folder, fs);
    store.append(records(0, 2));
    isFull = true;
    expect(() => store.append(records(2, 3))).toThrow('could not save the signals: the disk is full');
    isFull = false;
    store.append(records(2, 3));
    expect(present(store, 4)).toEqual([0, 1, 2]);
    store.close();
    expect(present(readSignals(folder), 4)).toEqual([0, 1, 2]);
  });

  test.each(['nothing', 'names'] as const)(
    'a power failure (%s survives) keeps what append returned for',
    (survives) => {
      const { fs, failPower } = memoryFileSystem();
      const store = openSignals('/signals', fs);
      store.append(records(0, 2));
      store.append(records(2, 4));
      failPower(survives);
      expect(present(readSignals('/signals', fs), 4)).toEqual([0, 1, 2, 3]);
    },
  );
});
