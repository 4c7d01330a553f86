import type { RemoteFile } from './download.js';

/** A data set that anyone may download. */
export interface PublicDataset {
  readonly about: string;
  /** As its owners state it. */
  readonly licence: string;
  /** Page or repository to cite. */
  readonly source: string;
  readonly files: Readonly<Record<string, RemoteFile>>;
}
