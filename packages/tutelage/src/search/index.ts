export {
  type Analyzer,
  type AnalyzerOptions,
  analyzer,
  englishAnalyzer,
  englishStopWords,
} from './analyzer.js';
export { type ApproximateSearch, buildApproximate, loadApproximate } from './approximate.js';
export { type Bm25, type Bm25Options, bm25 } from './bm25.js';
export { exactSearch } from './exact.js';
export type { Hits } from './hits.js';
export { openIndex, type SavedIndex, saveIndex } from './saved-index.js';
export { countVectors, type VectorSearch, type Vectors } from './vectors.js';
