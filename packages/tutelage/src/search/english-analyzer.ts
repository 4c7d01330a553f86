import { stemmer } from 'stemmer';
import { type Analyzer, analyzer } from './analyzer.js';

/** The 33 English words that Lucene's analyser leaves out. */
export const englishStopWords: ReadonlySet<string> = new Set(
  'a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with'.split(
    ' ',
  ),
);

/** For English: without stop words, stemmed by Porter's algorithm (1980), as Lucene and Anserini do. */
export const englishAnalyzer: Analyzer = analyzer({ stopWords: englishStopWords, stem: stemmer });
