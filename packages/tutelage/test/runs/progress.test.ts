import { describe, expect, it } from 'vitest';
import { formatBar, formatDuration, terminalProgress } from '../../src/runs/progress.js';
import { rateEstimator } from '../../src/runs/rate.js';

describe('the estimated rate', () => {
  /** Runs 1,000 steps of changing length, and returns the predicted and the true milliseconds left at each. */
  function simulate(stepTime: (step: number) => number, pause: (step: number) => number) {
    const estimator = rateEstimator(0);
    const points: { time: number; predicted: number | undefined }[] = [];
    let time = 0;
    for (let step = 1; step <= 1000; step++) {
      time += stepTime(step);
      estimator.observe(step, time);
      time += pause(step);
      estimator.skip(time);
      const rate = estimator.rate();
      points.push({ time, predicted: rate === undefined ? undefined : ((1000 - step) * 1000) / rate });
    }
    return points.map(({ time: at, predicted }) => ({ predicted, truth: time - at }));
  }

  it('is within a tenth after a slow first step, with hiccups and pauses for saving', () => {
    const points = simulate(
      (step) => (step === 1 ? 20_000 : step % 50 === 0 ? 300 : 90 + (step % 3) * 10),
      (step) => (step % 100 === 0 ? 500 : 0),
    );
    expect(points[5]?.predicted).toBeUndefined();
    for (const { predicted, truth } of points.slice(100, 800)) {
      expect(Math.abs((predicted ?? 0) / truth - 1)).toBeLessThan(0.1);
    }
  });

  it('leaves out long pauses', () => {
    const points = simulate(
      () => 100,
      (step) => (step === 500 ? 60_000 : 0),
    );
    expect(points[499]?.predicted).toBeCloseTo(50_000, -2);
    expect(points[600]?.predicted).toBeCloseTo(39_900, -2);
  });

  it('follows a lasting change within a minute or two', () => {
    const points = simulate(
      (step) => (step <= 500 ? 50 : 200),
      () => 0,
    );
    const { predicted, truth } = points[499 + 300] ?? { predicted: 0, truth: 1 };
    expect(Math.abs((predicted ?? 0) / truth - 1)).toBeLessThan(0.2);
  });

  it('counts only the steps of this process', () => {
    const estimator = rateEstimator(5000);
    for (let step = 5001; step <= 5100; step++) estimator.observe(step, step * 100);
    expect(estimator.rate()).toBeCloseTo(10, 6);
  });
});

describe('progress', () => {
  function run(isTTY: boolean, columns?: number) {
    const written: string[] = [];
    let time = 0;
    const progress = terminalProgress(
      { isTTY, ...(columns === undefined ? {} : { columns }), write: (text) => void written.push(text) },
      () => time,
    );
    progress.start(0, 1000);
    for (let step = 1; step <= 500; step++) {
      time += 50;
      progress.step(step, { loss: 1 / step });
    }
    progress.say('note');
    progress.stop();
    progress.stop();
    return written;
  }

  it('redraws a bar on a terminal, at most ten times a second, within its width', () => {
    const written = run(true, 70);
    expect(written.length).toBeGreaterThan(200);
    expect(written.length).toBeLessThan(260);
    expect(written.at(-2)).toContain('50%  500/1000  loss 0.002000  20 steps/s  25s left');
    const visible = written.map((text) => text.replace('\r\u001b[2K', ''));
    expect(Math.max(...visible.map(({ length }) => length))).toBeLessThan(70);
    expect(visible.filter((text) => text === 'note\n')).toHaveLength(1);
  });

  it('writes a line every ten seconds elsewhere', () => {
    expect(run(false)).toEqual([
      '20%  200/1000  loss 0.005000  20 steps/s  40s left\n',
      '40%  400/1000  loss 0.002500  20 steps/s  30s left\n',
      'note\n',
      '50%  500/1000  loss 0.002000  20 steps/s  25s left\n',
    ]);
  });

  it('shows nothing of a step time that it does not know', () => {
    const written: string[] = [];
    const progress = terminalProgress({ write: (text) => void written.push(text) }, () => 0);
    progress.start(3, 0);
    progress.stop();
    expect(written).toEqual(['300%  3/0\n']);
  });

  it.each([
    [0.4, '0s'],
    [59.4, '59s'],
    [59.6, '1m 00s'],
    [3599.4, '59m 59s'],
    [3599.6, '1h 00m'],
    [7500, '2h 05m'],
    [3 * 86_400 + 3600, '3d 01h'],
  ])('shows %d seconds as %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it('fills the bar in eighths', () => {
    expect(formatBar(0, 4)).toBe('    ');
    expect(formatBar(0.5, 4)).toBe('██  ');
    expect(formatBar(0.28125, 4)).toBe('█▏  ');
    expect(formatBar(2, 4)).toBe('████');
  });
});
