export { readImages } from './images.js';
export { cacheFolder, fetchPublic, PUBLIC_DATASETS, publicDataset } from './public.js';
export { fetchPublicModel } from './public-models.js';
export { readRetrieval } from './retrieval.js';
export { openTable } from './table.js';
export { readTextClassification } from './text-classification.js';
