import type { PublicDataset } from '../public-dataset.js';

const base =
  'https://raw.githubusercontent.com/jianguoz/Few-Shot-Intent-Detection/e8b107dee13eb81ac1414ce83f0aa0fa87abce99/Datasets/CLINC150';

/** Its training and validation utterances, 100 and 20 of each intent. */
export const clinc150 = {
  about: '18,000 requests to an assistant with 150 intents (Larson et al. 2019)',
  licence: 'CC BY 3.0',
  source: 'https://github.com/clinc/oos-eval',
  files: {
    'train.seq.in': {
      url: `${base}/train/seq.in`,
      bytes: 613_635,
      sha256: '637f470c113c1260399ae220937798b56039ec7193c695ef1599fc351493dc9c',
    },
    'train.label': {
      url: `${base}/train/label`,
      bytes: 191_800,
      sha256: '6a6dce260a6d1e9fe9381da99c832698478777acf8e3b76175957d2cbbcb30dd',
    },
    'valid.seq.in': {
      url: `${base}/valid/seq.in`,
      bytes: 122_481,
      sha256: '9ee7c2988de8d3415bfd272f3c0857c615162b5e2f8cdee0c13127003418d47c',
    },
    'valid.label': {
      url: `${base}/valid/label`,
      bytes: 38_360,
      sha256: '9fe73d0ea52a8697da08e8f6a62cecfd54ede4e1114f591d3f66e9518fcb7ccd',
    },
  },
} as const satisfies PublicDataset;
