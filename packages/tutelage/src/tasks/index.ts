export { PUBLIC_DATASETS } from './datasets/index.js';
export { readImages } from './images.js';
export * from './interactions/index.js';
export { cacheFolder, fetchPublic, publicDataset } from './public.js';
export { fetchPublicModel } from './public-models.js';
export { readRetrieval } from './retrieval.js';
export { openTable } from './table.js';
export { readTextClassification } from './text-classification.js';
