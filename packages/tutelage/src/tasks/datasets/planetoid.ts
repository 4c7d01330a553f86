import type { PublicDataset } from '../public-dataset.js';

const base =
  'https://raw.githubusercontent.com/kimiyoung/planetoid/af6abf468a772cc055bec88c52e4d6f51b7c37e3/data';

export const planetoid = {
  about:
    'Cora and CiteSeer: 2,708 and 3,327 papers as sets of unnamed words, with their citations (Yang et al. 2016)',
  licence: 'MIT',
  source: 'https://github.com/kimiyoung/planetoid',
  files: {
    'ind.cora.allx': {
      url: `${base}/ind.cora.allx`,
      bytes: 257_305,
      sha256: '9419ba2f26f5c35243db64aba110e0f35a04851609e0dc5433450676ca6b8543',
    },
    'ind.cora.tx': {
      url: `${base}/ind.cora.tx`,
      bytes: 148_025,
      sha256: 'b9afbaa4a400df991f6f02ef677e1e44da55ffc04801fd02f9e673987829226a',
    },
    'ind.cora.graph': {
      url: `${base}/ind.cora.graph`,
      bytes: 59_847,
      sha256: '58f13302f39dde8852dad6fe6d15b89b077b6d7f837626bce671ef80344b383d',
    },
    'ind.cora.test.index': {
      url: `${base}/ind.cora.test.index`,
      bytes: 5_000,
      sha256: '297ce89af2b51a6a194181c7dbe1796c6a1cf9cd9349a88383b1b1e227867875',
    },
    'ind.citeseer.allx': {
      url: `${base}/ind.citeseer.allx`,
      bytes: 595_021,
      sha256: '2ac30345d95c9ec933a817ee0bdd6a5f077f8c184a20e696910192d534414668',
    },
    'ind.citeseer.tx': {
      url: `${base}/ind.citeseer.tx`,
      bytes: 260_321,
      sha256: '539a8906a2da97628d212f2fdd668c109a8b3f0d36574b59e5d3fd5b5303da21',
    },
    'ind.citeseer.graph': {
      url: `${base}/ind.citeseer.graph`,
      bytes: 61_987,
      sha256: 'd79a4ef9d3e7169aee8946145f6b7306e35bc79bffad26346cfb94e10e9912a7',
    },
    'ind.citeseer.test.index': {
      url: `${base}/ind.citeseer.test.index`,
      bytes: 5_000,
      sha256: '2af990671580b6b2df5d158d1038f8292e30c9cd821b5453f399659b25b723d4',
    },
  },
} as const satisfies PublicDataset;
