import { expect, test } from 'vitest';
import { figuresOf, judged } from '../../src/claims/reproduction.js';
import { reproductionPlot } from '../../src/report/reproduction-plot.js';
import { toyClaim, toyValue } from '../claims/toy-claim.js';

const claim = toyClaim();
const outcome = (trial: { arm: string; seed: number }) => ({ value: toyValue(trial), cpuSeconds: 1 });
const record = judged(claim, figuresOf(claim, claim.seeds, outcome));

test('a reproduction is drawn as an SVG file that says in words what it shows', () => {
  const svg = reproductionPlot(record);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^>]*>.*<\/svg>\n$/s);
  expect(svg.match(/xmlns=/g)).toHaveLength(1);
  expect(svg).toContain(
    'Lead over the baseline in share, with 95 % intervals: the method 0.1200, 0.1004 to 0.1396',
  );
  expect(svg).toContain('the worse −0.1000');
  // For each of two arms the mean and its five seeds.
  expect(svg.match(/<circle/g)).toHaveLength(2 * 6);
  expect(svg).not.toMatch(/NaN|undefined|var\(/);
});

test('where lower is better, a lead is drawn to the right all the same', () => {
  const lower = { ...claim, metric: { name: 'loss', better: 'lower' } } as const;
  const svg = reproductionPlot(judged(lower, figuresOf(lower, claim.seeds, outcome)));
  expect(svg).toContain('the method −0.1200');
  expect(svg).toContain('the worse 0.1000');
});
