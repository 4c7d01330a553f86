import type { PublicDataset } from '../public-dataset.js';

const outOfScope =
  'https://raw.githubusercontent.com/jianguoz/Few-Shot-Intent-Detection/e8b107dee13eb81ac1414ce83f0aa0fa87abce99/Datasets/CLINC150/oos';

/** What CLINC150 has beside its utterances: the domain of each intent, and requests that are of none, for training and validation. */
export const clinc150Scope = {
  about: 'the 10 domains of CLINC150 and 200 requests outside of its scope (Larson et al. 2019)',
  licence: 'CC BY 3.0',
  source: 'https://github.com/clinc/oos-eval',
  files: {
    'domains.json': {
      url: 'https://raw.githubusercontent.com/clinc/oos-eval/828f8093932c8fe6ca7936c3d2e52903b1c523de/data/domains.json',
      bytes: 3_818,
      sha256: 'b947b579d3b8e74b06f93b01083d8efaff2888b43a3e362533bd88a6e1211b3a',
    },
    'train.seq.in': {
      url: `${outOfScope}/train/seq.in`,
      bytes: 3_867,
      sha256: '8f9d9326a29b2bd25ca30ee32b416177bc689839ae52b478ac0330a339ad75d7',
    },
    'valid.seq.in': {
      url: `${outOfScope}/valid/seq.in`,
      bytes: 3_717,
      sha256: 'f3d468df94d9ed1a21286b592d3feb8471138669e57c7446b1d1919c8debed63',
    },
  },
} as const satisfies PublicDataset;
