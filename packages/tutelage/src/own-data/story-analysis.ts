import { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { argMax } from '../assessment/probabilities.js';
import { UserError } from '../core/errors.js';
import type { MethodContext } from '../core/method.js';
import { type Style, styleOf } from '../students/author-profiles.js';
import {
  type AuthoredPieces,
  type Authorship,
  learnAuthorship,
  type MixedRates,
} from '../students/authorship.js';
import { evenly, segmentsOf } from '../tasks/authored-texts.js';
import type { OwnStories } from './own-stories.js';

export interface AnalysisOptions {
  /** Of a piece. */
  readonly words: number;
  /** A piece whose likeliest author is less likely is of none of them. */
  readonly openSet: number;
  /** Stories of each number of authors to learn from. */
  readonly stories: number;
}

/** A piece of a text that was examined. */
export interface ExaminedPiece {
  readonly begins: string;
  /** None of the known authors, where none is likely enough. */
  readonly author: string | null;
  /** By author. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** That its author is another than the piece's before. */
  readonly change?: number;
  /** That its author is the same as that of the piece before, whoever it is. */
  readonly alike?: number;
  /** What speaks most for the likeliest author. */
  readonly telling: readonly string[];
}

export interface ExaminedText {
  readonly name: string;
  readonly pieces: readonly ExaminedPiece[];
  /** None where there are fewer than two pieces. */
  readonly mixed?: number;
  readonly authors?: { readonly likeliest: number; readonly low: number; readonly high: number };
  readonly rates?: MixedRates;
}

export interface StoryAnalysis {
  readonly authors: readonly string[];
  readonly heldOut: Authorship['heldOut'];
  readonly texts: readonly ExaminedText[];
}

const [leastPieces, leastWords, mostPieces, tellingCount] = [20, 50, 20, 5];

/**
 * Examines texts by what is known of their possible authors.
 *
 * @throws {UserError} for fewer than two authors or an author with fewer than 20 pieces, and for a text in another language
 */
export async function analyseStories(
  { known, asked }: Extract<OwnStories, { kind: 'texts' }>,
  { words, openSet, stories }: AnalysisOptions,
  { seed, signal, say }: Pick<MethodContext, 'seed' | 'signal' | 'say'>,
): Promise<StoryAnalysis> {
  const authors = [...new Set(known.map(({ author }) => author))];
  if (authors.length < 2) {
    throw new UserError(`only one author is known: ${authors[0]}`, {
      hint: 'differences are learned from the texts of two authors or more; add texts of any other one',
    });
  }
  const documents = authors.flatMap((name, author) => {
    const own = known
      .filter((text) => text.author === name)
      .map(({ text }) => ({ author, pieces: segmentsOf(text, words).map(styleOf) }))
      .filter(({ pieces }) => pieces.length > 0);
    const count = own.reduce((sum, { pieces }) => sum + pieces.length, 0);
    if (count < leastPieces) {
      throw new UserError(`too few pieces of an author: ${name} has ${count} of ${words} words`, {
        hint: `${leastPieces} are needed: add texts, or take smaller pieces (--set words=100)`,
      });
    }
    if (own.length > 1) return own;
    say(`warning: all texts of ${name} are one document: author and topic can't be told apart`);
    return halves(own[0]!);
  });
  say(`learning ${authors.length} authors from ${documents.length} documents`);
  const authorship = await learnAuthorship(documents, { key: random.key(seed), stories });
  const usual = mean(documents.flatMap(({ pieces }) => pieces.map(authorship.profiles.known)));
  const texts: ExaminedText[] = [];
  for (const { name, text } of asked) {
    if (signal.aborted) break;
    const pieces = segmentsOf(text, words, leastWords);
    const styles = pieces.map(styleOf);
    if (styles.length > 0 && mean(styles.map(authorship.profiles.known)) < usual / 2) {
      throw new UserError(`the language differs: ${name}`, {
        detail: 'less than half as many of its words are common words of the known authors as of their own',
        hint: 'leave it out, or give texts of authors in its language',
      });
    }
    texts.push(await examined(name, pieces, styles, authors, authorship, openSet));
  }
  return { authors, heldOut: authorship.heldOut, texts };
}

function halves({ author, pieces }: AuthoredPieces): AuthoredPieces[] {
  const middle = Math.ceil(pieces.length / 2);
  return [
    { author, pieces: pieces.slice(0, middle) },
    { author, pieces: pieces.slice(middle) },
  ];
}

async function examined(
  name: string,
  texts: readonly string[],
  styles: readonly Style[],
  authors: readonly string[],
  { authorOf, profiles, judge }: Authorship,
  openSet: number,
): Promise<ExaminedText> {
  const probable = styles.map(authorOf);
  const pieces = probable.map((own, i): ExaminedPiece => {
    const best = argMax(own);
    const before = probable[i - 1];
    return {
      begins: texts[i]!.split(' ').slice(0, 8).join(' '),
      author: own[best]! < openSet ? null : authors[best]!,
      probabilities: Object.fromEntries(authors.map((author, a) => [author, own[a]!])),
      ...(before && { change: 1 - own.reduce((sum, p, a) => sum + p * before[a]!, 0) }),
      telling: profiles.telling(styles[i]!, best, tellingCount).map(({ text }) => text),
    };
  });
  if (styles.length < 2) return { name, pieces };
  const { mixed, counts, rates } = await judge(evenly(styles, mostPieces));
  const compared = pieces.map((piece, i) =>
    i === 0 ? piece : { ...piece, alike: profiles.alike(styles[i - 1]!, styles[i]!) },
  );
  return { name, pieces: compared, mixed, authors: estimate(counts), rates };
}

/** The likeliest number of authors, and the numbers between which it is with 90 %. */
function estimate(counts: readonly number[]): { likeliest: number; low: number; high: number } {
  let sum = 0;
  const upTo = counts.map((p) => {
    sum += p;
    return sum;
  });
  const quantile = (q: number) => upTo.findIndex((p) => p >= q) + 1 || counts.length;
  return { likeliest: argMax(counts) + 1, low: quantile(0.05), high: quantile(0.95) };
}
