import type { PublicDataset } from '../public-dataset.js';

const base =
  'https://raw.githubusercontent.com/PolyAI-LDN/task-specific-datasets/57ec275d8078af65b7731c2a98be812d844a6d6b/banking_data';

export const banking77 = {
  about: '13,083 questions of bank customers with 77 intents (Casanueva et al. 2020)',
  licence: 'CC BY 4.0',
  source: 'https://github.com/PolyAI-LDN/task-specific-datasets',
  files: {
    'train.csv': {
      url: `${base}/train.csv`,
      bytes: 839_073,
      sha256: 'b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b',
    },
    'test.csv': {
      url: `${base}/test.csv`,
      bytes: 239_961,
      sha256: 'd12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d',
    },
    'categories.json': {
      url: `${base}/categories.json`,
      bytes: 2_036,
      sha256: '53261da888122daf2d120d925458631d9619e15d82e56052e7a42e535ce32b63',
    },
  },
} as const satisfies PublicDataset;
