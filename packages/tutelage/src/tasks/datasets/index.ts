import type { PublicDataset } from '../public-dataset.js';
import { banking77 } from './banking77.js';
import { clinc150 } from './clinc150.js';
import { fashionMnist } from './fashion-mnist.js';
import { mnist } from './mnist.js';
import { tinyshakespeare } from './tinyshakespeare.js';

/** All public data sets by name: one file each. */
export const PUBLIC_DATASETS = {
  banking77,
  clinc150,
  'fashion-mnist': fashionMnist,
  mnist,
  tinyshakespeare,
} as const satisfies Record<string, PublicDataset>;

export type PublicDatasetName = keyof typeof PUBLIC_DATASETS;
