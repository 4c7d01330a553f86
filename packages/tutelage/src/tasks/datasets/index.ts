import type { PublicDataset } from '../public-dataset.js';
import { assistments2009 } from './assistments-2009.js';
import { assistments2015 } from './assistments-2015.js';
import { banking77 } from './banking77.js';
import { cacm } from './cacm.js';
import { classicBooks } from './classic-books.js';
import { clinc150 } from './clinc150.js';
import { clinc150Scope } from './clinc150-scope.js';
import { fashionMnist } from './fashion-mnist.js';
import { mnist } from './mnist.js';
import { piaf } from './piaf.js';
import { planetoid } from './planetoid.js';
import { sight } from './sight.js';
import { strategyqa } from './strategyqa.js';
import { tinyshakespeare } from './tinyshakespeare.js';

/** All public data sets by name: one file each. */
export const PUBLIC_DATASETS = {
  'assistments-2009': assistments2009,
  'assistments-2015': assistments2015,
  banking77,
  cacm,
  'classic-books': classicBooks,
  clinc150,
  'clinc150-scope': clinc150Scope,
  'fashion-mnist': fashionMnist,
  mnist,
  piaf,
  planetoid,
  sight,
  strategyqa,
  tinyshakespeare,
} as const satisfies Record<string, PublicDataset>;

export type PublicDatasetName = keyof typeof PUBLIC_DATASETS;
