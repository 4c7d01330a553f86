import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { checkRejected, openRejectLog } from '../../src/tasks/rejected.js';
import { testFolder } from './folder.js';

const folder = testFolder();

it('writes each row with its reason and counts by reason', () => {
  const path = folder.write('rejected.jsonl', 'left by an earlier run\n');
  const log = openRejectLog(path);
  for (let row = 1; row <= 2000; row++) {
    log.add({ source: 'data', row, reason: row % 2 ? 'odd' : '__proto__', raw: 'é\ud800'.repeat(500) });
  }
  const summary = log.close();
  const rows = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows).toHaveLength(2000);
  expect(rows[6]).toMatchObject({ source: 'data', row: 7, reason: 'odd' });
  expect(rows[6].raw).toHaveLength(300);
  expect(summary.total).toBe(2000);
  expect([...summary.byReason]).toEqual([
    ['odd', 1000],
    ['__proto__', 1000],
  ]);
  expect(summary.first).toHaveLength(5);
});

it('leaves no file where nothing is rejected, not even an old one', () => {
  const path = folder.write('stale.jsonl', 'left by an earlier run\n');
  expect(openRejectLog(path).close()).toMatchObject({ total: 0, path: undefined });
  expect(existsSync(path)).toBe(false);
});

it('keeps the number of reasons in bounds', () => {
  const log = openRejectLog();
  for (let row = 0; row < 500; row++) log.add({ source: 'data', row, reason: `reason ${row}`, raw: '' });
  const { byReason } = log.close();
  expect(byReason.size).toBe(101);
  expect(byReason.get('other')).toBe(400);
});

it('says when the file cannot be written', () => {
  const log = openRejectLog(`${folder.path}/missing/rejected.jsonl`);
  log.add({ source: 'data', row: 1, reason: 'text is empty', raw: '' });
  expect(() => log.close()).toThrow(UserError);
  expect(() => openRejectLog(folder.path)).toThrow(`can't write: ${folder.path}`);
});

it('stops above the limit, not at it', () => {
  const log = openRejectLog();
  log.add({ source: 'data', row: 3, reason: 'text is empty', raw: '["",1]' });
  const summary = log.close();
  expect(() => checkRejected(summary, 20, 0.05)).not.toThrow();
  expect(() => checkRejected(summary, 19, 0.05)).toThrow(
    "too many rows can't be used: 1 of 19 (5.3 %, limit 5 %)",
  );
});
