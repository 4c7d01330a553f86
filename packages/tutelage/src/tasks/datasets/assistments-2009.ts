import type { PublicDataset } from '../public-dataset.js';

const base =
  'https://raw.githubusercontent.com/jennyzhang0215/DKVMN/96c2834ae6968fbfb761b5ba96be26b054c7c1c3/data/assist2009_updated';

export const assistments2009 = {
  about:
    '325,637 answers of 4,151 pupils to questions of 110 skills, one row for each skill of an answer (ASSISTments; as in Zhang et al. 2017)',
  licence: 'none stated; ASSISTments asks for acknowledgement',
  source: 'https://github.com/jennyzhang0215/DKVMN',
  files: {
    'assist2009_updated_train.csv': {
      url: `${base}/assist2009_updated_train.csv`,
      bytes: 1_103_738,
      sha256: '5b851c65f665474a0993d86e87901adb1e0916c0d80fe7fce4096e6641924c74',
    },
    'assist2009_updated_test.csv': {
      url: `${base}/assist2009_updated_test.csv`,
      bytes: 499_387,
      sha256: '2e8f1d7600543aededa31323343f7d762b8f51c53c0caca852e813b67fe4e823',
    },
  },
} as const satisfies PublicDataset;
