import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bin, startNode, tutelage, workFolder, writeTickets } from './built.js';

const work = workFolder();
let student: string;

beforeAll(async () => {
  writeTickets(join(work.path, 'tickets.csv'), 150);
  const { stdout } = await tutelage(['distill', 'tickets.csv', '--epochs', '3', '--json'], work.path);
  student = JSON.parse(stdout).student;
});

test.each(['a student', 'its run'])('%s is served until that is told to stop', async (kind) => {
  const folder = kind === 'a student' ? student : dirname(student);
  const server = startNode([bin, 'serve', folder, '--port', '0'], work.path);
  await server.says(/listening on http:\S+\n/);
  server.kill('SIGTERM');
  const { code, stderr } = await server.ended;
  expect(stderr).toBe('shutting down\n');
  expect(code).toBe(0);
});

test.each([
  [['--port', '70000'], 2, /--port: 70000: too big/],
  [['--host', '203.0.113.7', '--port', '0'], 1, /can't listen on 203\.0\.113\.7:0/],
] as const)('%j', async (words, code, message) => {
  const ending = await tutelage(['serve', student, ...words], work.path);
  expect(ending.stderr).toMatch(message);
  expect(ending.code).toBe(code);
});
