import { expect, test } from 'vitest';
import { watchPolicy } from '../../src/students/policy-watch.js';

test('says how it goes, and warns once where no answer is worth more than another', () => {
  const said: string[] = [];
  const watch = watchPolicy('ampo', (line) => said.push(line.replaceAll('\u00a0', ' ')));
  const metrics = { success: 0.5, 'all failed': 0.25, guided: 0, 'groups that teach': 0 };
  watch.start(0, 45);
  watch.step(1, { ...metrics, 'groups that teach': 0.5 });
  for (let done = 2; done <= 45; done++) watch.step(done, metrics);
  expect(said.filter((line) => line.includes('no signal'))).toHaveLength(1);
  expect(said.filter((line) => !line.includes('no signal'))).toHaveLength(5);
  expect(said.at(-1)).toBe(
    'ampo: 45 of 45: 50.0 % of answers right, 25.0 % of questions without one, 0.0 % helped with',
  );
});
