import { analyzer } from '../search/analyzer.js';
import { englishStopWords } from '../search/english-analyzer.js';

/** The words of a text as written, without those that every text has. */
export const words = analyzer({ stopWords: englishStopWords });
