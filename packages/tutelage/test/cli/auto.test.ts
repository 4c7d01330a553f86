import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bin, startNode, tutelage, workFolder, writeTickets } from './built.js';

const work = workFolder();

beforeAll(() => writeTickets(join(work.path, 'tickets.csv'), 150));

test('a choice that Ctrl-C and kill -9 interrupt goes on with the trials that it has, and is told in the report', async () => {
  const words = [
    'distill',
    'tickets.csv',
    '--student',
    'auto',
    '--epochs',
    '2',
    '--checkpoint-seconds',
    '0.1',
  ];
  const started = startNode([bin, ...words, '--out', 'auto'], work.path);
  await started.says(/trying text-small/);
  started.kill('SIGINT');
  const { code, stderr } = await started.ended;
  expect(code).toBe(130);
  expect(stderr).toMatch(/the trials so far are kept; resume with: tutelage resume auto/);
  const [run] = readdirSync(join(work.path, 'auto')) as [string];
  const killed = startNode([bin, 'resume', join('auto', run)], work.path);
  await killed.says(/trying text-small/);
  killed.kill('SIGKILL');
  await killed.ended;
  const resumed = await tutelage(['resume', join('auto', run), '--json'], work.path);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(resumed.stderr).not.toMatch(/trying text-nano/);
  const { choice, report } = JSON.parse(resumed.stdout);
  expect(choice.trials.map(({ preset }: { preset: string }) => preset)).toEqual(['text-nano', 'text-small']);
  expect(choice.reason).toContain(choice.preset);
  expect(readFileSync(report, 'utf8')).toContain('Why this student');
});
