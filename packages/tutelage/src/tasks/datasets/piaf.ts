import type { PublicDataset } from '../public-dataset.js';

/** 191 articles of the French Wikipedia, 761 paragraphs. */
export const piaf = {
  about: '3,835 French questions on paragraphs of Wikipedia (Keraron et al. 2020)',
  licence: 'MIT; the paragraphs CC BY-SA, as Wikipedia has them',
  source: 'https://github.com/etalab-ia/piaf-code',
  files: {
    'piaf-v1.0.json': {
      url: 'https://raw.githubusercontent.com/etalab-ia/piaf-code/86948a73b26498948e70ad92e4b9b0231eac81f7/piaf-v1.0.json',
      bytes: 1_370_384,
      sha256: '008229ccefa0195d7e809d777d33149cab03433059c9477bdbadb4838a277cd2',
    },
  },
} as const satisfies PublicDataset;
