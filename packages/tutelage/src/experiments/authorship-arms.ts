import { random } from '@tutelage/engine';
import { auc } from '../assessment/auc.js';
import { mean } from '../assessment/checks.js';
import { argMax } from '../assessment/probabilities.js';
import type { Arm } from '../core/claim.js';
import { type AuthorProfiles, learnAuthors, type Style, styleOf } from '../students/author-profiles.js';
import { type AuthoredPieces, type Authorship, drawStory, learnAuthorship } from '../students/authorship.js';
import { evenly, readClassicBooks, segmentsOf } from '../tasks/authored-texts.js';

/*
 * Worlds for claims on authorship: books of some authors, half of each author's to learn from and half to test on, and stories that are
 * spliced of the pieces of several.
 */

export interface AuthorshipExperiment {
  /** Words of a piece. */
  readonly words: number;
  /** Pieces of an author to learn from and to test on. */
  readonly pieces: { readonly train: number; readonly test: number };
  /** Pieces of a story. */
  readonly length: number;
  /** Stories of each number of authors. */
  readonly stories: { readonly train: number; readonly test: number };
}

/** What is asked of the same detectors. */
export const authorshipQuestions = {
  guess: 'a guess',
  mixed: 'does the story have more than one author?',
  count: 'how many authors does it have?',
  pair: 'are two pieces of one author?',
  'who-2': 'who of two wrote the piece?',
  'who-3': 'who of three?',
  'who-4': 'who of four?',
  'who-5': 'who of five?',
  'who-5-leaked': 'who of five, with pieces of the same books to learn from?',
  'one-author': 'stories of one author',
  'two-authors': 'stories of two authors',
  'three-authors': 'stories of three authors',
  'four-authors': 'stories of four authors',
  'five-authors': 'stories of five authors',
} as const;
type Question = keyof typeof authorshipQuestions;

interface Answer {
  readonly accuracy: number;
  readonly chance: number;
  readonly figures?: Readonly<Record<string, number>>;
}

const worlds = new Map<string, Promise<Record<Question, Answer>>>();

/** An arm for each question; its value is what the answers are above chance, as a share of what could be. */
export function authorshipArms(experiment: AuthorshipExperiment): Arm[] {
  return Object.entries(authorshipQuestions).map(([id, title]) => ({
    id,
    title,
    async run(seed) {
      const world = JSON.stringify([seed, experiment]);
      const found = worlds.get(world) ?? answered(experiment, seed);
      worlds.set(world, found);
      const { accuracy, chance, figures = {} } = (await found)[id as Question];
      return { value: (accuracy - chance) / (1 - chance), figures: { accuracy, ...figures } };
    },
  }));
}

async function answered(
  { words, pieces, length, stories }: AuthorshipExperiment,
  seed: number,
): Promise<Record<Question, Answer>> {
  const key = random.foldIn(random.key(seed), 'authorship');
  const draw = random.stream(key);
  const books = await readClassicBooks();
  const authors = [...new Set(books.map(({ author }) => author))];
  const [train, test]: [AuthoredPieces[], AuthoredPieces[]] = [[], []];
  authors.forEach((name, author) => {
    const own = draw.shuffle(books.filter((book) => book.author === name));
    own.forEach(({ text }, i) => {
      const half = i < own.length / 2 ? train : test;
      const wanted = (half === train ? pieces.train : pieces.test) / (own.length / 2);
      half.push({ author, pieces: evenly(segmentsOf(text, words), Math.ceil(wanted)).map(styleOf) });
    });
  });
  const authorship = await learnAuthorship(train, { key, stories: stories.train });
  const byCount = await flagged(authorship, test, { length, stories: stories.test, draw });
  const counts = Array.from({ length: authors.length }, (_, i) => byCount[i]!);
  const [one, ...several] = counts.map(({ flagged: share }) => share);
  const of = (authorsIn: number): Answer => ({
    accuracy: authorsIn === 1 ? 1 - one! : several[authorsIn - 2]!,
    chance: 0.5,
    figures: { flagged: counts[authorsIn - 1]!.flagged, counted: counts[authorsIn - 1]!.counted },
  });
  const who = (candidates: number): Answer => ({
    accuracy: namedRightly(authorship.profiles, test, candidates),
    chance: 1 / candidates,
  });
  const leaked = await learnAuthors(
    authors.map((_, author) =>
      test.filter((book) => book.author === author).flatMap((book) => half(book, 0)),
    ),
    key,
  );
  const rest = test.map((book) => ({ ...book, pieces: half(book, 1) }));
  return {
    guess: { accuracy: 0.5, chance: 0.5 },
    mixed: { accuracy: (1 - one! + mean(several)) / 2, chance: 0.5 },
    count: {
      accuracy: mean(counts.map(({ counted }) => counted)),
      chance: 1 / authors.length,
      figures: { withinOne: mean(counts.map(({ withinOne }) => withinOne)) },
    },
    pair: paired(authorship.profiles, test, draw),
    'who-2': who(2),
    'who-3': who(3),
    'who-4': who(4),
    'who-5': who(5),
    'who-5-leaked': { accuracy: namedRightly(leaked, rest, 5), chance: 0.2 },
    'one-author': of(1),
    'two-authors': of(2),
    'three-authors': of(3),
    'four-authors': of(4),
    'five-authors': of(5),
  };
}

const half = ({ pieces }: AuthoredPieces, which: number): Style[] => pieces.filter((_, i) => i % 2 === which);

/** Of stories by how many wrote them, from one up: how many were taken for mixed, counted rightly, or nearly so. */
async function flagged(
  authorship: Authorship,
  test: readonly AuthoredPieces[],
  {
    length,
    stories,
    draw,
  }: { readonly length: number; readonly stories: number; readonly draw: random.Stream },
) {
  const found: { flagged: number; counted: number; withinOne: number }[] = [];
  for (let authors = 1; authors <= authorship.mostAuthors; authors++) {
    const verdicts: { isMixed: boolean; counted: number }[] = [];
    for (let story = 0; story < stories; story++) {
      const { mixed, counts } = await authorship.judge(drawStory(test, authors, length, draw));
      verdicts.push({ isMixed: mixed > 0.5, counted: argMax(counts) + 1 });
    }
    const share = (holds: (one: (typeof verdicts)[number]) => boolean) =>
      mean(verdicts.map((one) => (holds(one) ? 1 : 0)));
    found.push({
      flagged: share(({ isMixed }) => isMixed),
      counted: share(({ counted }) => counted === authors),
      withinOne: share(({ counted }) => Math.abs(counted - authors) <= 1),
    });
  }
  return found;
}

/** The share of pieces whose author is named rightly, over all sets of so many candidates. */
function namedRightly(
  profiles: AuthorProfiles,
  books: readonly AuthoredPieces[],
  candidates: number,
): number {
  const seen = books.flatMap(({ author, pieces }) =>
    pieces.map((style) => ({ author, logits: profiles.logits(style) })),
  );
  const count = seen[0]!.logits.length;
  const sets = Array.from({ length: 2 ** count }, (_, bits) =>
    Array.from({ length: count }, (_, author) => author).filter((author) => (bits >> author) & 1),
  ).filter((set) => set.length === candidates);
  return mean(
    sets.flatMap((set) =>
      seen
        .filter(({ author }) => set.includes(author))
        .map(({ author, logits }) => (set[argMax(set.map((one) => logits[one]!))] === author ? 1 : 0)),
    ),
  );
}

const pairs = 1000;

function paired(profiles: AuthorProfiles, books: readonly AuthoredPieces[], draw: random.Stream): Answer {
  const same: number[] = [];
  const scores: number[] = [];
  for (let i = 0; i < pairs; i++) {
    const isSame = i % 2 === 0;
    const first = draw.pick(books);
    const others = books.filter(({ author }) => (author === first.author) === isSame);
    same.push(isSame ? 1 : 0);
    scores.push(profiles.alike(draw.pick(first.pieces), draw.pick(draw.pick(others).pieces)));
  }
  return {
    accuracy: mean(scores.map((score, i) => ((score > 0.5 ? 1 : 0) === same[i] ? 1 : 0))),
    chance: 0.5,
    figures: { auc: auc(same, scores) },
  };
}
