import { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { argMax, probabilities } from '../assessment/probabilities.js';
import { fitTemperature } from '../assessment/temperature.js';
import { type AuthorProfiles, learnAuthors, type Style } from './author-profiles.js';
import { softmaxRegression } from './softmax-regression.js';

/** A document in pieces, of a known author. */
export interface AuthoredPieces {
  /** From 0. */
  readonly author: number;
  readonly pieces: readonly Style[];
}

/** What is thought of a text in pieces. */
export interface AuthorshipVerdict {
  /** Probability of more than one author. */
  readonly mixed: number;
  /** Probabilities of one author, two, and so on. */
  readonly counts: readonly number[];
  /** Probabilities of the authors, piece by piece. */
  readonly authors: readonly (readonly number[])[];
  /** Of stories of as many pieces, made of held-out documents. */
  readonly rates: MixedRates;
}

/** How often one author is taken for several, and several for one. */
export interface MixedRates {
  readonly falseAlarms: number;
  readonly misses: number;
}

export interface Authorship {
  readonly profiles: AuthorProfiles;
  /** Probabilities of the authors of a piece, with the confidence that pieces of unseen documents deserve. */
  authorOf(style: Style): number[];
  /** Judges a text of two pieces or more; texts of other lengths take learning anew. */
  judge(pieces: readonly Style[]): Promise<AuthorshipVerdict>;
  /** Of pieces of documents that were held out: the share whose author was named rightly, and the mean probability of who was named. */
  readonly heldOut: { readonly accuracy: number; readonly confidence: number };
  /** Of a story. */
  readonly mostAuthors: number;
}

export interface AuthorshipOptions {
  readonly key: random.Key;
  /** Stories of each number of authors to learn from. */
  readonly stories: number;
}

/** Most authors of a story. */
const mostOfOne = 5;

/** Documents are held out in so many parts, fewer where an author has fewer. */
const mostFolds = 3;

/** Stories of each number of authors by which errors are told. */
const checkedStories = 60;

/** A part of the documents, as authors that were learned from the others see it. */
interface Unseen {
  readonly profiles: AuthorProfiles;
  readonly documents: readonly AuthoredPieces[];
}

/**
 * Learns to tell who wrote what, and whether one did or several. All that is learned on top of the profiles is learned from pieces of
 * documents that the profiles have not seen (cross-fitting): of pieces that they know they are too sure. The posteriors' temperature is
 * fitted to the same pieces.
 *
 * @param documents of two authors or more, each with two documents or more
 */
export async function learnAuthorship(
  documents: readonly AuthoredPieces[],
  { key, stories }: AuthorshipOptions,
): Promise<Authorship> {
  const byAuthor = grouped(documents);
  const folds = Math.min(mostFolds, ...byAuthor.map((own) => own.length));
  const profilesOf = (some: readonly AuthoredPieces[]) =>
    learnAuthors(
      grouped(some).map((own) => own.flatMap(({ pieces }) => pieces)),
      key,
    );
  const unseen: Unseen[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const isHeld = (own: readonly AuthoredPieces[]) => own.filter((_, i) => i % folds === fold);
    const isKept = (own: readonly AuthoredPieces[]) => own.filter((_, i) => i % folds !== fold);
    unseen.push({
      profiles: await profilesOf(byAuthor.flatMap(isKept)),
      documents: byAuthor.flatMap(isHeld),
    });
  }
  const held = unseen.flatMap(({ profiles, documents: some }) =>
    some.flatMap(({ author, pieces }) => pieces.map((style) => ({ author, logits: profiles.logits(style) }))),
  );
  const temperature = fitTemperature(
    held.map(({ logits }) => logits),
    held.map(({ author }) => author),
  );
  const profiles = await profilesOf(documents);
  const authorOf = (from: AuthorProfiles) => (style: Style) => [
    ...probabilities(from.logits(style), temperature),
  ];
  const mostAuthors = Math.min(mostOfOne, byAuthor.length);
  const featuresOf = (from: AuthorProfiles, pieces: readonly Style[]) =>
    storyFeatures(pieces.map(authorOf(from)), (a, b) => from.alike(pieces[a]!, pieces[b]!));

  const detectors = new Map<number, Promise<Detectors>>();
  const learnDetectors = async (length: number): Promise<Detectors> => {
    const draw = random.stream(random.foldIn(key, `stories of ${length}`));
    const most = Math.min(mostAuthors, length);
    // As many of one author as of all others together, for the question whether there are several.
    const wanted = Array.from({ length: most }, (_, i) => (i === 0 ? stories * (most - 1) : stories));
    const examples = wanted.flatMap((count, i) =>
      Array.from({ length: count }, (_, n) => {
        const { profiles: from, documents: some } = unseen[n % folds]!;
        return { authors: i + 1, n, row: featuresOf(from, drawStory(some, i + 1, length, draw)) };
      }),
    );
    const even = examples.filter(({ n }) => n < stories);
    const mixed = await softmaxRegression(
      examples.map(({ row }) => row),
      examples.map(({ authors }) => (authors > 1 ? 1 : 0)),
      2,
    );
    const flagged = (authors: number) =>
      mean(
        Array.from({ length: checkedStories }, (_, n) => {
          const { profiles: from, documents: some } = unseen[n % folds]!;
          return mixed(featuresOf(from, drawStory(some, authors, length, draw)))[1]! > 0.5 ? 1 : 0;
        }),
      );
    const several = Array.from({ length: most - 1 }, (_, i) => flagged(i + 2));
    return {
      mixed,
      rates: { falseAlarms: flagged(1), misses: 1 - mean(several) },
      counts: await softmaxRegression(
        even.map(({ row }) => row),
        even.map(({ authors }) => authors - 1),
        most,
      ),
    };
  };

  return {
    profiles,
    authorOf: authorOf(profiles),
    heldOut: {
      accuracy: mean(held.map(({ author, logits }) => (argMax(logits) === author ? 1 : 0))),
      confidence: mean(held.map(({ logits }) => Math.max(...probabilities(logits, temperature)))),
    },
    mostAuthors,
    async judge(pieces) {
      const { length } = pieces;
      const known = detectors.get(length) ?? learnDetectors(length);
      detectors.set(length, known);
      const { mixed, counts, rates } = await known;
      const row = featuresOf(profiles, pieces);
      return {
        mixed: mixed(row)[1]!,
        counts: counts(row),
        authors: pieces.map(authorOf(profiles)),
        rates,
      };
    },
  };
}

interface Detectors {
  readonly rates: MixedRates;
  readonly mixed: (row: readonly number[]) => number[];
  readonly counts: (row: readonly number[]) => number[];
}

function grouped(documents: readonly AuthoredPieces[]): AuthoredPieces[][] {
  const authors = Math.max(...documents.map(({ author }) => author)) + 1;
  return Array.from({ length: authors }, (_, author) => documents.filter((one) => one.author === author));
}

/** A story: blocks of pieces, each by another author and from one document of theirs, as long as they come. */
export function drawStory(
  documents: readonly AuthoredPieces[],
  authors: number,
  length: number,
  draw: random.Stream,
): Style[] {
  const chosen = draw.shuffle(grouped(documents)).slice(0, authors);
  const ends = draw
    .shuffle(Array.from({ length: length - 1 }, (_, i) => i + 1))
    .slice(0, authors - 1)
    .sort((a, b) => a - b);
  return chosen.flatMap((own, i) => {
    const count = (ends[i] ?? length) - (ends[i - 1] ?? 0);
    const { pieces } = draw.pick(own);
    const mixed = draw.shuffle(pieces);
    return Array.from({ length: count }, (_, n) => mixed[n % mixed.length]!);
  });
}

const quantiles = [0, 0.25, 0.5, 0.75, 1];

/** What tells how many wrote a story, whoever they are. */
function storyFeatures(
  authors: readonly (readonly number[])[],
  alike: (a: number, b: number) => number,
): number[] {
  const shares = authors[0]!
    .map((_, author) => mean(authors.map((own) => own[author]!)))
    .sort((a, b) => b - a);
  const entropy = -shares.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);
  const pairs = authors
    .flatMap((_, a) => authors.slice(0, a).map((_, b) => alike(a, b)))
    .sort((a, b) => a - b);
  const named = new Set(authors.map(argMax)).size;
  return [...shares, entropy, ...quantiles.map((q) => pairs[Math.round(q * (pairs.length - 1))]!), named];
}
