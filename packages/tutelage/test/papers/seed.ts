import { readFileSync } from 'node:fs';
import { type PaperRecord, readPapers } from '../../src/papers/index.js';
import { sharedPath } from '../tasks/folder.js';

const path = sharedPath('papers', 'seed-page.txt');

/** The 47 papers of the listing page shared with the repository, or undefined where it is absent. */
export const seedPapers: readonly PaperRecord[] | undefined =
  path === undefined ? undefined : readPapers(readFileSync(path, 'utf8'), '2025-12-31');

/** What a skipped test says. */
export const seedTitle = seedPapers ? '' : ' (skipped: ../shared/papers/seed-page.txt is absent)';
