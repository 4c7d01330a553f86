import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { assessClassifier } from '../../src/assessment/classification-report.js';
import { renderReport } from '../../src/report/report.js';
import { style } from '../../src/report/style.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { assessmentOf, reportOf, three } from './assessed.js';

const page = renderReport(reportOf(three));
const manyLabels = Array.from({ length: 77 }, (_, i) => `balance_not_updated_after_bank_transfer_${i}`);
const large = renderReport(
  reportOf({ examples: 1540, labels: manyLabels, text: 'Why was I charged? '.repeat(30) }),
);
const parse = (text: string) => parseHTML(text).document;
const all = (text: string, selector: string) => [...parse(text).querySelectorAll(selector)];

const sections = [
  'Summary',
  'Confidence intervals',
  'Learning curves',
  'What the student confuses',
  'Calibration',
  'Agreement with the teacher',
  'Where student and teacher differ most',
  'Data warnings and rejected rows',
  'How to reproduce',
];

describe('the report', () => {
  it('has every section, title and verdict first', () => {
    const headings = all(page, 'h1, h2').map((heading) => heading.textContent);
    expect(headings).toEqual(['tickets', ...sections]);
    expect(page.indexOf('The distilled student')).toBeLessThan(page.indexOf('Summary'));
  });

  it('shows what it is told', () => {
    const text = parse(page).body.textContent;
    for (const part of [
      'duplicates: 6 in both of train/test',
      'text is empty',
      'rejected.jsonl',
      'tutelage distill tickets.csv --seed 7',
      'SHA-256 of the data',
      'c0ffee',
      '790,253',
      '3.2 MB',
      '50 µs',
      '$0.004',
    ]) {
      expect(text.replaceAll('\u00a0', ' ')).toContain(part);
    }
  });

  it('leaves out what there is no teacher, no curve and no probability for', () => {
    const answers = Int32Array.from({ length: 300 }, () => 0);
    const input = { ...assessmentOf(three, { student: { title: 'constant', answers } }), curves: [] };
    const headings = all(renderReport(assessClassifier(input)), 'h2').map((heading) => heading.textContent);
    expect(headings).toEqual([sections[0], sections[1], sections[3], ...sections.slice(-2)]);
  });

  it('says what the student saves and why it was chosen', () => {
    const economy = {
      teacher: {
        title: 'wise',
        costs: { examplesPerSecond: 4, dollarsPerThousand: 0.25 },
        asked: { examples: 1200, seconds: 300, cpuSeconds: 3 },
        bill: { calls: 1203, inputTokens: 60_000, outputTokens: 9000, dollars: 0.3 },
      },
      timesFaster: 5000,
    };
    const choice = {
      preset: 'small',
      trials: [{ preset: 'small', accuracy: 0.9, bytes: 10, milliseconds: 1, seconds: 4, finished: false }],
      untried: ['large'],
      reason: 'small: there was time for one preset only',
    };
    const report = reportOf(three);
    const arms = report.arms.map((arm) => ({ ...arm, costs: { ...arm.costs, examplesPerSecond: 20_000 } }));
    const rich = { ...report, arms, economy, choice };
    const shown = parse(renderReport(rich)).body.textContent.replaceAll('\u00a0', ' ');
    for (const part of [
      'The student answers 20,000 examples a second on one thread, the teacher answered 4: 5,000 times as many.',
      'For 1,000 examples the teacher costs $0.25; the student needs no calls.',
      'came to 1,203 calls, 60,000 tokens in and 9,000 out: $0.30.',
      'Asking it about 1,200 examples, in all runs of the folder, took 300 s.',
      'small: there was time for one preset only.',
      'stopped early',
      'no time was left',
    ]) {
      expect(shown).toContain(part);
    }
    const terminal = renderTerminal(rich, { color: false });
    expect(terminal).toContain('5,000 times as many');
    expect(terminal).toContain('chosen: small: there was time');
  });

  it('draws the confusion of few classes and lists the pairs of many', () => {
    expect(page).toContain('Confusion of 3 classes');
    expect(large).not.toContain('Confusion of');
    expect(large).toContain('Pairs confused most often');
  });

  it('needs nothing from elsewhere and no script', () => {
    for (const text of [page, large]) {
      expect(all(text, 'script, link, img, iframe, object, embed, a[href], [src]')).toEqual([]);
      expect(text.replaceAll(/xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:|url\(|@import/);
    }
  });

  it('stays small', () => {
    expect(Buffer.byteLength(large)).toBeLessThan(150_000);
  });

  it('is the same for the same data', () => {
    expect(renderReport(reportOf(three))).toBe(page);
  });
});

describe('accessibility', () => {
  it('describes every plot and heads every column', () => {
    for (const text of [page, large]) {
      const plots = all(text, 'svg');
      expect(plots.length).toBeGreaterThan(5);
      for (const plot of plots) {
        expect(plot.getAttribute('role')).toBe('img');
        expect(plot.getAttribute('aria-label')!.length).toBeGreaterThan(20);
      }
      for (const table of all(text, 'table')) {
        const columns = [...table.querySelectorAll('thead tr > *')];
        expect(columns.length).toBeGreaterThan(1);
        for (const column of columns.slice(1)) expect(column.getAttribute('scope')).toBe('col');
        for (const row of table.querySelectorAll('tbody tr'))
          expect(row.children.length).toBe(columns.length);
      }
      expect(parse(text).documentElement.getAttribute('lang')).toBe('en');
    }
  });

  it.each(['light', 'dark'])('has enough contrast in %s', (scheme) => {
    const block = style.split(':root {')[scheme === 'light' ? 1 : 2]!;
    const color = (name: string) => new RegExp(`--${name}: (#[0-9a-f]+)`).exec(block)![1]!;
    for (const name of ['ink', 'quiet', 'warn', 'student', 'alone', 'teacher']) {
      const least = ['ink', 'quiet', 'warn'].includes(name) ? 4.5 : 3;
      expect(contrast(color(name), color('page')), name).toBeGreaterThan(least);
    }
    expect(contrast(color('ink'), color('tint'))).toBeGreaterThan(4.5);
  });
});

/** Contrast ratio of two #rrggbb colours (WCAG 2.2). */
function contrast(first: string, second: string): number {
  const luminance = (color: string): number => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  };
  const [dark, light] = [luminance(first), luminance(second)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

describe('hostile data', () => {
  const attack = `</pre></style></svg><script>alert(1)</script><img src=x onerror="alert(2)">"'&\u202e\u001b[2J`;
  const report = reportOf({ examples: 300, labels: [attack, 'b', 'c'], text: attack });
  const hostile = renderReport({
    ...report,
    title: attack,
    arms: report.arms.map((arm) => ({ ...arm, title: attack })),
    warnings: [attack],
    rejected: { total: 1, reasons: [{ reason: attack, count: 1 }], path: attack },
    curves: report.curves.map((curve) => ({ ...curve, arm: attack, metric: attack })),
    reproduce: { command: attack, seed: 1, versions: { [attack]: attack }, hashes: { [attack]: attack } },
  });

  it('is shown as text', () => {
    expect(hostile).not.toMatch(/<script|<img/i);
    expect(all(hostile, 'script, img')).toEqual([]);
    const attributes = all(hostile, '*').flatMap((element): string[] => element.getAttributeNames());
    const handlers = attributes.filter((name) => name.startsWith('on'));
    expect(handlers).toEqual([]);
    expect(all(hostile, 'h1')[0]!.textContent).toContain('<script>alert(1)</script>');
  });

  it('turns neither the direction of text nor the state of a terminal', () => {
    expect(hostile).not.toContain('\u202e');
    expect(hostile).not.toContain('\u001b');
  });

  it('forbids scripts and requests besides', () => {
    const policy = all(hostile, 'meta[http-equiv="Content-Security-Policy"]')[0]!.getAttribute('content');
    expect(policy).toBe("default-src 'none'; style-src 'unsafe-inline'");
  });
});
