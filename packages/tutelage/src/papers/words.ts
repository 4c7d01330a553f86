import { analyzer, englishStopWords } from '../search/analyzer.js';

/** The words of a text as written, without those that every text has. */
export const words = analyzer({ stopWords: englishStopWords });
