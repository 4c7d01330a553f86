import type { PublicDataset } from '../public-dataset.js';

const base =
  'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion';

export const fashionMnist = {
  about: '70,000 grey pictures of clothes of 28 x 28 pixels, 10 classes (Xiao, Rasul, Vollgraf 2017)',
  licence: 'MIT',
  source: 'https://github.com/zalandoresearch/fashion-mnist',
  files: {
    'train-images-idx3-ubyte.gz': {
      url: `${base}/train-images-idx3-ubyte.gz`,
      bytes: 26_421_880,
      sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
    },
    'train-labels-idx1-ubyte.gz': {
      url: `${base}/train-labels-idx1-ubyte.gz`,
      bytes: 29_515,
      sha256: 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
    },
    't10k-images-idx3-ubyte.gz': {
      url: `${base}/t10k-images-idx3-ubyte.gz`,
      bytes: 4_422_102,
      sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
    },
    't10k-labels-idx1-ubyte.gz': {
      url: `${base}/t10k-labels-idx1-ubyte.gz`,
      bytes: 5_148,
      sha256: '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
    },
  },
} as const satisfies PublicDataset;
