export { type Analyzer, type AnalyzerOptions, analyzer } from './analyzer.js';
export { type ApproximateSearch, buildApproximate, loadApproximate } from './approximate.js';
export { type Bm25, type Bm25Options, bm25 } from './bm25.js';
export { englishAnalyzer, englishStopWords } from './english-analyzer.js';
export { exactSearch } from './exact.js';
export { hardNegatives } from './hard-negatives.js';
export type { Hits } from './hits.js';
export { openIndex, type SavedIndex, saveIndex } from './saved-index.js';
export { countVectors, type VectorSearch, type Vectors } from './vectors.js';
