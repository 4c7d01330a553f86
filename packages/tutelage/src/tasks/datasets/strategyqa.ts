import type { PublicDataset } from '../public-dataset.js';

const base =
  'https://raw.githubusercontent.com/eladsegal/strategyqa/1ba1e97452e189569357876f2854b01357ffbe37/data/strategyqa';

export const strategyqa = {
  about:
    '2,290 yes-or-no questions that take several steps, with the facts that answer them (Geva et al. 2021)',
  licence: 'MIT',
  source: 'https://github.com/eladsegal/strategyqa',
  files: {
    'train.json': {
      url: `${base}/train.json`,
      bytes: 3_857_762,
      sha256: '0f72560b8a6fad3db847d2f1a7524fb087297843bb45a8d3245ffd68cbe0de12',
    },
    'dev.json': {
      url: `${base}/dev.json`,
      bytes: 424_195,
      sha256: '0d94842ffb022db8fd5ecd2168b785d5cf67f6faf64f665476bad544a3eb9dde',
    },
  },
} as const satisfies PublicDataset;
