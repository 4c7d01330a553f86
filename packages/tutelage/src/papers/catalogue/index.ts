import type { Room } from '../../core/method.js';
import { alignment } from './alignment.js';
import { curricula } from './curricula.js';
import { data } from './data.js';
import { dialogue } from './dialogue.js';
import { distillation } from './distillation.js';
import { learners } from './learners.js';
import type { CataloguePaper } from './paper.js';
import { reasoning } from './reasoning.js';
import { retrieval } from './retrieval.js';

/** A paper of the built-in index, with the room that its method belongs to. */
export interface IndexedPaper extends CataloguePaper {
  readonly family?: Room;
}

const rooms: Readonly<Record<Room, readonly CataloguePaper[]>> = {
  distillation,
  retrieval,
  curricula,
  alignment,
  reasoning,
  data,
  dialogue,
  learners,
};

/** The page that the papers stand on is a system to reproduce as well. */
const listingPage: IndexedPaper = {
  card: 0,
  title: 'Daily Papers',
  summary:
    'A listing page of what is new each day, to be searched, voted on, discussed and had by mail. The studio is our rendering of it, on which every paper can be run.',
};

/** The built-in index in the order of the cards: 47 papers, and the listing page as number 0. */
export const catalogue: readonly IndexedPaper[] = [
  listingPage,
  ...Object.entries(rooms)
    .flatMap(([family, papers]) => papers.map((paper) => ({ ...paper, family: family as Room })))
    .sort((a, b) => a.card - b.card),
];
