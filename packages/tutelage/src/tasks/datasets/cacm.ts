import type { PublicDataset } from '../public-dataset.js';

export const cacm = {
  about:
    '3,203 papers of the Communications of the ACM, 1958 to 1979: titles, abstracts, keywords of their authors, and links by citation',
  licence: 'none stated',
  source: 'https://github.com/charlesdlrsa/moteur_recherche_fri',
  files: {
    'cacm.all': {
      url: 'https://raw.githubusercontent.com/charlesdlrsa/moteur_recherche_fri/2c6c0d9860eb3ff230fedce9a66eeeed4d751e4a/cacm/cacm.all',
      bytes: 2_294_720,
      sha256: '54f5e7141c9451592525a44bba7f91a7d725efff163c177ce4e4af936d572817',
      // This document also stands in data that is kept for testing.
      without: { from: '.I 1236\r\n', to: '.I 1237\r\n' },
    },
  },
} as const satisfies PublicDataset;
