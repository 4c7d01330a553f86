import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/runs/json.js';
import { encodeRow, openMetrics, readMetrics, truncateMetrics } from '../../src/runs/metrics.js';
import { memoryFileSystem, put } from './memory-file-system.js';

const path = '/metrics.jsonl';

function newLog(): {
  fs: ReturnType<typeof memoryFileSystem>['fs'];
  text: () => string;
  clock: { time: number };
} {
  const { fs } = memoryFileSystem();
  return { fs, clock: { time: 0 }, text: () => Buffer.from(fs.read(path)).toString() };
}

const fail = (message: string): never => {
  throw new Error(message);
};

describe('metrics', () => {
  it('reach the file half a second after the last write, or when flushed', () => {
    const { fs, clock, text } = newLog();
    truncateMetrics(fs, path, 0);
    const metrics = openMetrics(fs, path, () => clock.time, fail);
    metrics.log(1, { loss: 1 });
    clock.time = 499;
    metrics.log(2, { loss: 2 });
    expect(text()).toBe('');
    clock.time = 500;
    metrics.log(3, { loss: 3 });
    expect(text()).toBe('{"step":1,"loss":1}\n{"step":2,"loss":2}\n{"step":3,"loss":3}\n');
    metrics.log(4, {});
    metrics.flush();
    expect(text()).toMatch(/\n\{"step":4\}\n$/);
  });

  it('keep NaN and infinities, put the step first, and let nobody change it', () => {
    const values = { loss: Number.NaN, a: [Number.POSITIVE_INFINITY], step: 9, b: Number.NEGATIVE_INFINITY };
    const line = encodeRow(1, values);
    expect(line).toBe('{"step":1,"loss":"NaN","a":["Infinity"],"b":"-Infinity"}');
    const { fs } = newLog();
    put(fs, path, `${line}\n`, 'append');
    expect(readMetrics(fs, path).rows).toEqual([{ ...values, step: 1 }]);
  });

  it('that are more than JSON holds are left out with a warning', () => {
    const { fs } = newLog();
    const warnings: string[] = [];
    const log = openMetrics(
      fs,
      path,
      () => 0,
      (message) => void warnings.push(message),
    );
    const circular: Record<string, JsonValue> = {};
    circular.self = circular;
    log.log(1, circular);
    log.log(2, { loss: 1 });
    log.flush();
    expect(warnings).toEqual([expect.stringContaining('the metrics of step 1 are left out: ')]);
    expect(readMetrics(fs, path).rows).toEqual([{ step: 2, loss: 1 }]);
  });

  it('wait, up to a limit, while they cannot be written, and are never written in part', () => {
    const { fs, clock } = newLog();
    const warnings: string[] = [];
    const disk = { isFull: true };
    const log = openMetrics(
      {
        ...fs,
        open: (name, mode) => (disk.isFull ? fail(`full: ${name}`) : fs.open(name, mode)),
      },
      path,
      () => clock.time,
      (message) => void warnings.push(message),
    );
    const megabyte = 'x'.repeat(2 ** 20);
    for (let step = 1; step <= 20; step++) {
      log.log(step, { megabyte });
      log.flush();
    }
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toContain('metrics are being lost');
    disk.isFull = false;
    log.flush();
    log.log(21, {});
    log.flush();
    expect(readMetrics(fs, path).rows.map(({ step }) => step)).toEqual([
      ...Array.from({ length: 15 }, (_, index) => index + 1),
      21,
    ]);
  });
});

describe('cutting metrics back', () => {
  const row = (step: number): string => `{"step":${step},"text":"ä\\n"}\n`;

  it.each([
    ['nothing', '', ''],
    ['rows beyond the step', row(1) + row(2) + row(2) + row(3) + row(4), row(1) + row(2) + row(2)],
    ['a torn last line', `${row(1)}{"st`, row(1)],
    ['a torn last line beyond the step', `${row(1) + row(3)}{"step":1`, row(1)],
    ['only a torn line', '{"step":1', ''],
    ['rows that are all beyond the step', row(3) + row(4), ''],
    ['zeros that a power failure left', `${row(2)}${'\0'.repeat(50)}\n\0\0`, row(2)],
  ])('removes %s', (_name, before, after) => {
    const { fs, text } = newLog();
    put(fs, path, before, 'append');
    truncateMetrics(fs, path, 2);
    expect(text()).toBe(after);
  });
});

describe('reading metrics', () => {
  it('selects steps and names, and leaves out what is not a row', () => {
    const { fs } = newLog();
    expect(readMetrics(fs, path).rows).toEqual([]);
    put(
      fs,
      path,
      '{"step":1,"loss":3}\nnot JSON\n[]\n{"loss":1}\n\n{"step":2,"loss":2,"accuracy":0.5}\n{"step":3,"loss":1}\n',
    );
    expect(readMetrics(fs, path).rows).toHaveLength(3);
    expect(readMetrics(fs, path, { from: 2, to: 2 }).rows).toEqual([{ step: 2, loss: 2, accuracy: 0.5 }]);
    expect(readMetrics(fs, path, { names: ['accuracy', 'toString'] }).rows).toEqual([
      { step: 2, accuracy: 0.5 },
    ]);
  });

  it('follows a file that grows, and leaves an unfinished line for the next time', () => {
    const { fs } = newLog();
    put(fs, path, '{"step":1}\n{"step":', 'append');
    const first = readMetrics(fs, path);
    expect(first.rows).toEqual([{ step: 1 }]);
    put(fs, path, '2}\n', 'append');
    const second = readMetrics(fs, path, { start: first.end });
    expect(second.rows).toEqual([{ step: 2 }]);
    expect(readMetrics(fs, path, { start: second.end })).toEqual({ rows: [], end: second.end });
  });
});
