import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { assessLanguageModel } from '../../src/assessment/language-report.js';
import { assessRetriever } from '../../src/assessment/retrieval-report.js';
import { renderReport } from '../../src/report/report.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { languageInput, languageMade, retrievalInput, retrievalMade } from './measured.js';

const all = (text: string, selector: string) => [...parseHTML(text).document.querySelectorAll(selector)];
const pages = { retrieval: renderReport(retrievalMade), language: renderReport(languageMade) };
const headings = (page: string) => all(page, 'h2').map(({ textContent }) => textContent);

describe('the page', () => {
  it('has the sections of its kind, and none of a classifier', () => {
    expect(headings(pages.retrieval)).toEqual([
      'Summary',
      'Confidence intervals',
      'Learning curves',
      'The queries that it answers worst',
      'Data warnings and rejected rows',
      'How to reproduce',
    ]);
    expect(headings(pages.language)).toEqual([
      'Summary',
      'Learning curves',
      'What it writes',
      'The text that surprises it most',
      'Data warnings and rejected rows',
      'How to reproduce',
    ]);
  });

  it('shows what it is told', () => {
    for (const part of [
      'BM25',
      'nDCG@10',
      'recall@100',
      'question 0',
      'not found',
      '6.6 MB',
      'all of 30 documents',
    ]) {
      expect(pages.retrieval.replaceAll('\u00a0', ' ')).toContain(part);
    }
    for (const part of ['bits per byte', 'perplexity', 'once upon a time', 'stretch 29', '1,059,968']) {
      expect(pages.language).toContain(part);
    }
  });

  it('describes every plot and heads every column', () => {
    for (const page of Object.values(pages)) {
      const plots = all(page, 'svg');
      expect(plots.length).toBeGreaterThan(1);
      for (const plot of plots) expect(plot.getAttribute('aria-label')!.length).toBeGreaterThan(20);
      for (const table of all(page, 'table')) {
        const columns = table.querySelectorAll('thead tr > *').length;
        for (const row of table.querySelectorAll('tbody tr')) expect(row.children.length).toBe(columns);
      }
    }
  });

  it('needs nothing from elsewhere and no script', () => {
    for (const page of Object.values(pages)) {
      expect(all(page, 'script, link, img, iframe, object, embed, a[href], [src]')).toEqual([]);
    }
  });
});

describe('hostile data', () => {
  const attack = `</pre></style></svg><script>alert(1)</script><img src=x onerror="alert(2)">"'&\u202e\u001b[2J`;
  const input = retrievalInput({ student: 3, baseline: 1 });
  const retrieval = assessRetriever({
    ...input,
    title: attack,
    warnings: [attack],
    queries: new Map([...input.queries].map(([id]) => [id, attack])),
    documents: new Map([...input.documents].map(([id]) => [id, attack])),
  });
  const language = assessLanguageModel({
    ...languageInput,
    title: attack,
    stretches: languageInput.stretches.map((stretch) => ({ ...stretch, text: attack })),
    samples: [{ prompt: attack, text: attack }],
  });

  it.each([
    ['retrieval', retrieval],
    ['language', language],
  ])('of a %s report is shown as text', (_, report) => {
    const page = renderReport(report);
    expect(page).not.toMatch(/<script|<img/i);
    expect(all(page, 'script, img')).toEqual([]);
    for (const text of [page, renderTerminal(report, { color: false })]) {
      expect(text).not.toContain('\u202e');
      expect(text).not.toContain('\u001b');
    }
  });
});

it('the terminal shows arms, verdict and failures in short', () => {
  const retrieval = renderTerminal(retrievalMade, { color: false });
  expect(retrieval).toMatch(/Baseline +0\.\d{3} \(/);
  expect(retrieval).toContain('the queries it answers worst:\n  question 0\n');
  const language = renderTerminal(languageMade, { color: true });
  expect(language).toContain('  The king | is dead');
  expect(language).toContain('\u001b[1mtickets');
});
