import type { PublicDataset } from '../public-dataset.js';

const base =
  'https://raw.githubusercontent.com/rosewang2008/sight/ae3f8b8982ad9a983b30c685fc33f5b7659f589b/data/annotations';

export const sight = {
  about:
    '15,784 comments on mathematics lectures with labels by a language model, 289 of them also labelled by two people (Wang et al. 2023)',
  licence: 'MIT',
  source: 'https://github.com/rosewang2008/sight',
  files: {
    'sample_dataset.csv': {
      url: `${base}/sample_dataset.csv`,
      bytes: 150_818,
      sha256: 'd920de05b59a93084f6aae05a4ad904fd1506208543768b00c99917c85fc5c49',
    },
    'sight_dataset.csv': {
      url: `${base}/sight_dataset.csv`,
      bytes: 4_002_267,
      sha256: 'c2201a398cb99b2bfd2c64930cd5898d3c32d5143242245760ee685e7cd98ffb',
    },
  },
} as const satisfies PublicDataset;
