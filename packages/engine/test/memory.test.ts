import { expect, test } from 'vitest';
import { runScript } from './support/child.js';

/** MiB. What is counted would add up to 40 and more if it were kept. */
const bound = 24;

test('memory stays where it is over 10,000 steps, 10,000 calls and 200 functions', async () => {
  const growth = (await runScript('guarantees/print-memory.ts')) as Record<string, number>;
  expect(Object.keys(growth)).toEqual(['steps', 'calls', 'compiled']);
  for (const [work, mebibytes] of Object.entries(growth)) expect(mebibytes, work).toBeLessThan(bound);
});
