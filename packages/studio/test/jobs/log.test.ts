import { expect, test } from 'vitest';
import { testFolder } from '../../../tutelage/test/tasks/folder.js';
import { readLog } from '../../src/jobs/log.js';

const { path, write } = testFolder();

test('a log is read in parts that end between characters', () => {
  const text = 'aé€😀'.repeat(60_000);
  const file = write('log.txt', text);
  let read = '';
  let parts = 0;
  for (let from = 0; ; parts++) {
    const part = readLog(file, from);
    if (part.text === '') break;
    read += part.text;
    from = part.end;
  }
  expect(read).toBe(text);
  expect(parts).toBe(3);
});

test('a character that is being written waits for its end', () => {
  const bytes = new TextEncoder().encode('a€');
  const file = write('part.txt', bytes.subarray(0, 3));
  expect(readLog(file, 0)).toEqual({ text: 'a', end: 1, size: 3 });
  write('part.txt', bytes);
  expect(readLog(file, 1)).toEqual({ text: '€', end: 4, size: 4 });
});

test('a log that is not there, and an offset behind its end', () => {
  expect(readLog(`${path}/absent.txt`, 5)).toEqual({ text: '', end: 0, size: 0 });
  expect(readLog(write('short.txt', 'abc'), 100)).toEqual({ text: '', end: 3, size: 3 });
});
