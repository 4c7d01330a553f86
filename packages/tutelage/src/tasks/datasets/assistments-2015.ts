import type { PublicDataset } from '../public-dataset.js';

const base =
  'https://raw.githubusercontent.com/pykt-team/pykt-toolkit/f766468f1d3083f737e5fde22a17a08de0d52552/data/assist2015';

export const assistments2015 = {
  about: '682,797 answers of 19,093 pupils to questions of 100 concepts, in the folds of pyKT (ASSISTments)',
  licence: 'MIT (the repository); ASSISTments asks for acknowledgement',
  source: 'https://github.com/pykt-team/pykt-toolkit',
  files: {
    'train_valid.csv': {
      url: `${base}/train_valid.csv`,
      bytes: 2_804_084,
      sha256: '83ff2090d1ddaa6295854984733b699b52fa3b656d7c814d6c9da56822964ac7',
    },
    'test.csv': {
      url: `${base}/test.csv`,
      bytes: 1_582_018,
      sha256: '518d8f6c81d487d5c342eedd9a46b4160c974945247baf16e01b432a3101d154',
    },
  },
} as const satisfies PublicDataset;
