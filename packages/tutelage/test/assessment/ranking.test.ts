import { describe, expect, it } from 'vitest';
import {
  averagePrecision,
  measureQueries,
  measureRun,
  ndcg,
  precisionAt,
  ranked,
  recallAt,
  reciprocalRank,
} from '../../src/assessment/ranking.js';
import { fixtures } from './fixtures.js';

const nested = (table: Readonly<Record<string, Readonly<Record<string, number>>>>) =>
  new Map(Object.entries(table).map(([query, row]) => [query, new Map(Object.entries(row))]));

const { measured } = fixtures.ranking;
const judgements = nested(fixtures.ranking.judgements);
const run = nested(fixtures.ranking.run);

describe('against trec_eval', () => {
  it.each([
    ['ndcg_cut_5', ndcg(5)],
    ['ndcg_cut_10', ndcg(10)],
    ['ndcg', ndcg()],
    ['recip_rank', reciprocalRank],
    ['map', averagePrecision],
    ['recall_5', recallAt(5)],
    ['P_5', precisionAt(5)],
    ['P_15', precisionAt(15)],
  ] as const)('%s of every query', (name, measure) => {
    const found = measureQueries(judgements, run, measure);
    for (const [query, values] of Object.entries(measured)) {
      expect(found.get(query), query).toBeCloseTo(values[name]!, 6);
    }
    expect(Object.keys(measured)).toHaveLength(7);
  });

  it('counts judged queries without an answer as 0', () => {
    expect(measureQueries(judgements, run, ndcg()).get('q7')).toBe(0);
    const sum = Object.values(measured).reduce((total, values) => total + (values.map ?? Number.NaN), 0);
    expect(measureRun(judgements, run, averagePrecision)).toBeCloseTo(sum / 8, 6);
  });
});

describe('ranking', () => {
  it('breaks ties by descending identifier, in single precision, whatever the order of arrival', () => {
    const documents: [string, number][] = [
      ['a', 1],
      ['é', 1],
      ['B', 1 + 1e-12],
      ['b', 1],
      ['top', 2],
    ];
    const expected = ['top', 'é', 'b', 'a', 'B'];
    expect(ranked(new Map(documents))).toEqual(expected);
    expect(ranked(new Map(documents.toReversed()))).toEqual(expected);
  });
});
