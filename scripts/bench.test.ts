import { expect, test } from 'vitest';
import { peers, start } from '../bench/peers.js';
import { geometricMean, summarise } from '../bench/statistics.js';
import { render } from '../bench/table.js';

test('a summary is the median and half the distance between the quartiles', () => {
  expect(summarise([5, 1, 2, 4, 3])).toEqual({ median: 3, spread: 1, count: 5 });
  expect(summarise([1, 2]).median).toBe(1.5);
});

test('the geometric mean of a ratio and its inverse is 1', () => {
  expect(geometricMean([4, 0.25])).toBeCloseTo(1, 12);
  expect(geometricMean([])).toBeUndefined();
});

const timing = (median: number) => ({
  cpu: { median, spread: 0.1, count: 9 },
  wall: { median, spread: 0.1, count: 9 },
});
const report = {
  machine: { cpu: 'Some CPU', cores: 2, node: '20.0.0' },
  versions: { Tutelage: 'tutelage 1', PyTorch: 'torch 2', 'TensorFlow.js': 'tfjs 4' },
  absent: { 'jax-js': 'not found' },
  peak: 150,
  loads: [0.1, 0.2],
  results: [
    {
      title: 'first',
      timings: { 1: { Tutelage: timing(2), PyTorch: timing(4), 'TensorFlow.js': timing(20) } },
      peakRss: { Tutelage: 1e8, PyTorch: 2e8 },
      parameters: 1000,
      flops: 3e9,
      share: 0.5,
      compile: 250,
    },
    {
      title: 'second',
      timings: { 1: { Tutelage: timing(2), PyTorch: timing(1) } },
      peakRss: { Tutelage: 1e8 },
    },
  ],
};
const cells = (line: string | undefined) => line?.split('|').map((cell) => cell.trim());

test('the table has ratios, their geometric mean, and a dash for what a peer did not do', () => {
  const lines = render(report).split('\n');
  const row = (title: string) => cells(lines.find((line) => line.startsWith(`| ${title}`)));
  expect(row('first')).toEqual([
    '',
    'first',
    '2.00 ± 0.10',
    '4.00 ± 0.10',
    '20.0 ± 0.1',
    '2.00 ×',
    '10.00 ×',
    '',
  ]);
  expect(row('second')).toEqual(['', 'second', '2.00 ± 0.10', '1.00 ± 0.10', '–', '0.50 ×', '–', '']);
  expect(row('geometric mean')?.slice(-3)).toEqual(['1.00 ×', '10.00 ×', '']);
  expect(lines).toContain('jax-js did not run: not found');
  expect(render(report)).not.toContain('two threads');
});

test('a worker that can not be started answers with the reason', async () => {
  const worker = start({ command: 'no-such-program', args: [] }, 10_000);
  const reply = await worker.request({ workload: 'mlp', threads: 1, steps: 1 });
  expect(reply.unsupported).toContain('no-such-program');
});

test('a worker that fails answers with its error', async () => {
  const worker = start({ command: process.execPath, args: ['-e', 'throw new Error("broken")'] }, 10_000);
  const reply = await worker.request({ workload: 'mlp', threads: 1, steps: 1 });
  expect(reply.unsupported).toBe('Error: broken');
});

test('a worker that does not answer is ended', async () => {
  const worker = start({ command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] }, 50);
  const reply = await worker.request({ workload: 'mlp', threads: 1, steps: 1 });
  expect(reply.unsupported).toBe('no answer within 0.05 s');
});

test('ours is the first peer', () => {
  expect(peers[0]?.name).toBe('Tutelage');
});
