import { random } from '@tutelage/engine';
import { describe, expect, it } from 'vitest';
import { languageFigures } from '../../src/assessment/language-report.js';
import { studentFigures, studentReport } from '../../src/assessment/report-schema.js';
import { assessRetriever } from '../../src/assessment/retrieval-report.js';
import { languageMade, retrievalInput, retrievalMade } from '../report/measured.js';

describe('a report on a retriever', () => {
  it('sets it beside the search by words, with the sign of the lead right', () => {
    const behind = assessRetriever(retrievalInput({ student: 5, baseline: 1 }));
    expect(behind.arms.map(({ id, title }) => [id, title])).toEqual([
      ['student', 'retriever-small'],
      ['baseline', 'BM25'],
    ]);
    const [student, baseline] = behind.arms.map(({ measures }) => measures[0]!);
    expect(baseline).toMatchObject({ name: 'nDCG@10', estimate: 1, low: 1, high: 1 });
    // Rank 5 of the one relevant document.
    expect(student!.estimate).toBeCloseTo(1 / Math.log2(6), 6);
    expect(behind.lead!.high).toBeLessThan(0);
    expect(behind.verdict).toMatchObject({ tone: 'worse', sentence: expect.stringMatching(/^BM25, which/) });
    const ahead = assessRetriever(retrievalInput({ student: 1, baseline: 5 }));
    expect(ahead.verdict).toMatchObject({
      tone: 'better',
      sentence: expect.stringMatching(/beats BM25 by 0\.613/),
    });
    const same = assessRetriever(retrievalInput({ student: 2, baseline: 2 }));
    expect(same.verdict).toMatchObject({
      tone: 'open',
      sentence: expect.stringMatching(/can't be told from BM25/),
    });
  });

  it('measures at the ranks that it names', () => {
    const { measures } = assessRetriever(retrievalInput({ student: 11, baseline: 1 })).arms[0]!;
    expect(measures.map(({ name, estimate }) => [name, estimate])).toEqual([
      ['nDCG@10', 0],
      ['MRR@10', 0],
      ['recall@10', 0],
      ['recall@100', 1],
    ]);
  });

  it('shows the worst queries with what should have been found and what was', () => {
    const { hardest } = retrievalMade;
    expect(hardest[0]).toEqual({
      id: 'q0',
      query: 'question 0',
      score: 0,
      wanted: { id: 'd0', text: 'document 0' },
      first: { id: 'd1', text: 'document 1' },
    });
    expect(hardest[1]).toMatchObject({ id: 'q1', rank: 3 });
    expect(hardest).toHaveLength(2);
  });

  it('needs a test query', () => {
    const input = { ...retrievalInput({ student: 1, baseline: 1 }), judgements: new Map() };
    expect(() => assessRetriever(input)).toThrow(/there is no test query/);
  });
});

describe('a report on a language model', () => {
  const options = { key: random.key(1), resamples: 500 };

  it('weighs stretches by their bytes and tokens', () => {
    const text = '';
    const stretches = [
      { bits: 100, tokens: 10, bytes: 50, text },
      { bits: 300, tokens: 90, bytes: 150, text },
    ];
    const [bits, perplexity] = languageFigures(stretches, options);
    expect(bits!.estimate).toBe(2);
    expect(perplexity!.estimate).toBe(2 ** 4);
    expect([perplexity!.low, perplexity!.high]).toEqual([
      expect.closeTo(2 ** (300 / 90), 6),
      expect.closeTo(2 ** 10, 6),
    ]);
  });

  it('shows what it writes, and the text that surprised it most', () => {
    expect(languageMade.verdict.sentence).toMatch(/needs 2\.\d{3} bits for a byte/);
    expect(languageMade.hardest[0]).toEqual({ text: 'stretch 29 of the text', bitsPerByte: 290 / 64 });
    expect(languageMade.samples).toHaveLength(2);
  });
});

it('reports are plain data that comes back from JSON as it was, and say what counts', () => {
  for (const report of [retrievalMade, languageMade]) {
    expect(studentReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  }
  expect(studentFigures(retrievalMade).measures[0]!.name).toBe('nDCG@10');
  expect(studentFigures(languageMade).measures[0]!.name).toBe('bits per byte');
});
