import { describe, expect, it } from 'vitest';
import { renderTerminal, wantsColor } from '../../src/report/terminal.js';
import { reportOf, three } from './assessed.js';

const report = reportOf(three);
const esc = '\u001b';

describe('the report in the terminal', () => {
  const text = renderTerminal(report, { color: false });

  it('says the verdict and sets the numbers of all arms under each other', () => {
    const lines = text.replaceAll('\u00a0', ' ').split('\n');
    expect(lines[0]).toBe('tickets');
    expect(lines[1]).toBe(report.verdict.sentence.replaceAll('\u00a0', ' '));
    const table = lines.slice(4, 8);
    expect(table.map((line) => line.slice(0, 13).trim())).toEqual([
      '',
      'Teacher',
      'Student',
      'Student alone',
    ]);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    expect(text).toContain('warning: duplicates: 6 in both of train/test');
    expect(text).toContain('rejected rows: 3, see rejected.jsonl');
  });

  it('has colours only if wanted', () => {
    expect(text).not.toContain(esc);
    expect(renderTerminal(report, { color: true })).toContain(`${esc}[32mThe distilled student beats`);
  });

  it('lets no label, title or warning write control characters or lines', () => {
    const attack = `x${esc}[2J\u0007\u009b1m\nnew line`;
    const labels = report.labels.map((label) => label + attack);
    const hostile = { ...report, title: attack, warnings: [attack], labels };
    const shown = renderTerminal(hostile, { color: false });
    expect(shown).not.toMatch(/[^\P{Cc}\n]/u);
    expect(shown).not.toMatch(/^new line/m);
  });
});

describe('colours', () => {
  it.each([
    [true, {}, true],
    [true, { NO_COLOR: '' }, true],
    [true, { NO_COLOR: '1' }, false],
    [false, {}, false],
  ])('terminal %s, environment %j: %s', (isTTY, environment, expected) => {
    expect(wantsColor({ isTTY }, environment)).toBe(expected);
  });
});
