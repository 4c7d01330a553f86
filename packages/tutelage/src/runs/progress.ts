import type { Metrics } from './metrics.js';
import { rateEstimator } from './rate.js';

/** To whom a training loop reports. */
export interface Progress {
  /** The loop begins with `done` of `total` steps done. */
  start(done: number, total: number): void;
  /** `done` steps are done, the last one with these metrics. Called after every step: must be cheap. */
  step(done: number, metrics: Metrics): void;
  /** The time since the last step went into something other than steps, such as saving. */
  skip(): void;
  /** Something to tell the user, such as a warning. */
  say(message: string): void;
  /** The loop has ended. */
  stop(): void;
}

/** What of a stream the progress bar needs; `process.stderr` has it. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const redrawMilliseconds = 100;
const lineMilliseconds = 10_000;
const clearLine = '\r\u001b[2K';
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A duration in at most two units, such as `2h 05m`, `3m 07s` or `12s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  const hours = Math.round(whole / 3600);
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
}

/** A bar of `width` characters, filled to `fraction` in eighths of a character. */
export function formatBar(fraction: number, width: number): string {
  const filled = Math.floor(Math.min(1, Math.max(0, fraction)) * width * 8);
  return ('█'.repeat(Math.floor(filled / 8)) + eighths[filled % 8]).padEnd(width);
}

function formatRate(rate: number): string {
  return rate >= 1 ? `${Number(rate.toPrecision(3))} steps/s` : `${Number((1 / rate).toPrecision(3))} s/step`;
}

/**
 * A progress bar with the time that is left, redrawn ten times a second; where the output is not a terminal, a line
 * every ten seconds.
 *
 * @param now milliseconds on a clock that only runs forward.
 */
export function terminalProgress(
  terminal: Terminal = process.stderr,
  now: () => number = () => performance.now(),
): Progress {
  const isLive = terminal.isTTY === true;
  let estimator = rateEstimator(0);
  let done = 0;
  let total = 0;
  let latest: Metrics = {};
  let drawn = Number.NEGATIVE_INFINITY;
  let isActive = false;

  const facts = (): string => {
    const rate = estimator.rate();
    const loss = latest.loss;
    return [
      `${Math.floor((100 * done) / Math.max(1, total))}%`,
      `${done}/${total}`,
      ...(typeof loss === 'number' ? [`loss ${loss.toPrecision(4)}`] : []),
      ...(rate === undefined ? [] : [formatRate(rate)]),
      ...(rate === undefined || done >= total ? [] : [`${formatDuration((total - done) / rate)} left`]),
    ].join('  ');
  };
  const draw = (): void => {
    drawn = now();
    const text = facts();
    if (!isLive) {
      terminal.write(`${text}\n`);
      return;
    }
    const columns = (terminal.columns ?? 80) - 1;
    const width = Math.min(30, columns - text.length - 1);
    const bar = width < 5 ? '' : `${formatBar(done / Math.max(1, total), width)} `;
    terminal.write(clearLine + (bar + text).slice(0, columns));
  };

  return {
    start(startDone, startTotal) {
      [done, total, latest] = [startDone, startTotal, {}];
      estimator = rateEstimator(done);
      isActive = true;
      if (isLive) draw();
      else drawn = now();
    },
    step(stepsDone, metrics) {
      [done, latest] = [stepsDone, metrics];
      const time = now();
      estimator.observe(done, time);
      if (time - drawn >= (isLive ? redrawMilliseconds : lineMilliseconds)) draw();
    },
    skip: () => estimator.skip(now()),
    say(message) {
      terminal.write(`${isLive && isActive ? clearLine : ''}${message}\n`);
      if (isLive && isActive) draw();
    },
    stop() {
      if (!isActive) return;
      draw();
      if (isLive) terminal.write('\n');
      isActive = false;
    },
  };
}

/** No progress, only messages: for `--json`. */
export function messagesOnly(terminal: Terminal = process.stderr): Progress {
  return {
    start() {},
    step() {},
    skip() {},
    say: (message) => void terminal.write(`${message}\n`),
    stop() {},
  };
}
