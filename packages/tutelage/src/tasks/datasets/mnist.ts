import type { PublicDataset } from '../public-dataset.js';

const base = 'https://storage.googleapis.com/cvdf-datasets/mnist';

export const mnist = {
  about: '70,000 handwritten digits of 28 x 28 pixels (LeCun, Cortes, Burges)',
  licence: 'CC BY-SA 3.0',
  source: 'http://yann.lecun.com/exdb/mnist/',
  files: {
    'train-images-idx3-ubyte.gz': {
      url: `${base}/train-images-idx3-ubyte.gz`,
      bytes: 9_912_422,
      sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
    },
    'train-labels-idx1-ubyte.gz': {
      url: `${base}/train-labels-idx1-ubyte.gz`,
      bytes: 28_881,
      sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
    },
    't10k-images-idx3-ubyte.gz': {
      url: `${base}/t10k-images-idx3-ubyte.gz`,
      bytes: 1_648_877,
      sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
    },
    't10k-labels-idx1-ubyte.gz': {
      url: `${base}/t10k-labels-idx1-ubyte.gz`,
      bytes: 4_542,
      sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
    },
  },
} as const satisfies PublicDataset;
