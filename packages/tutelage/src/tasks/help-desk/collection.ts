import { random } from '@tutelage/engine';
import { UserError } from '../../core/errors.js';
import { permutation } from '../../runs/permutation.js';
import type { JudgedQuery, OwnRetrieval } from '../own-retrieval.js';
import type { HelpDesk, HelpPage, HelpQuestion } from './help-desk.js';
import type { Links } from './links.js';
import { type Aimed, possibleDocuments, type Widening } from './possible.js';

/** A page or an earlier question that may be suggested. */
export interface HelpDocument extends HelpPage, Aimed {}

/** Linked questions and the documents that they may be answered with. */
export interface HelpCollection {
  /** Its queries are the linked questions, its passages the documents. */
  readonly own: OwnRetrieval;
  readonly documents: readonly HelpDocument[];
  /** The linked questions, in the order of the queries. */
  readonly asked: readonly HelpQuestion[];
  /** Documents that a query may be answered with, itself left out. */
  possible(query: number): readonly number[];
  /** Queries for which nothing is possible, and relevant documents that are not. */
  readonly ceiling: {
    readonly empty: number;
    readonly links: number;
    readonly outside: number;
  };
}

export interface CollectionOptions extends Widening {
  readonly targets: 'pages' | 'questions' | 'both';
  /** How questions are divided where the data do not say so. */
  readonly split: 'user' | 'question';
  readonly seed: number;
}

const fewestQuestions = 10;
const heldOut = { validation: 0.1, test: 0.2 };

/** The questions and pages of one language, and those of which none is known. */
export function inLanguage(desk: HelpDesk, language: string): HelpDesk {
  if (language === 'all') return desk;
  const isMeant = (one: { readonly language: string | undefined }) =>
    one.language === undefined || one.language === language;
  const [questions, pages] = [desk.questions.filter(isMeant), desk.pages.filter(isMeant)];
  if (questions.length > 0 && pages.length > 0) return { ...desk, questions, pages };
  throw new UserError(`nothing in this language: ${language}`, {
    detail: `questions: ${questions.length}, pages: ${pages.length}`,
    hint: `there are ${[...new Set(desk.questions.map((one) => one.language ?? 'none'))].join(', ')}`,
  });
}

/**
 * Puts linked questions and documents together, and divides the questions: as the data say, or by user, so that no pupil is on both
 * sides; those that came last are for the test where there are times.
 *
 * @throws {UserError} when there are too few linked questions
 */
export function helpCollection(desk: HelpDesk, links: Links, options: CollectionOptions): HelpCollection {
  const pages = desk.pages.map((page): HelpDocument => ({ ...page, isPage: true }));
  const linked = new Set([...links.relevant.values()].flatMap((targets) => [...targets]));
  const documents = [
    ...(options.targets === 'questions' ? [] : pages),
    // Where no answer leads to a question, questions would only stand in the way.
    ...(desk.questions.some(({ id }) => linked.has(id)) ? desk.questions.map(documentOf) : []),
  ];
  const placeOf = new Map(documents.map(({ id }, place) => [id, place]));
  const asked = desk.questions.filter(({ id }) => links.relevant.has(id));
  if (asked.length < fewestQuestions) {
    throw new UserError(`too few questions with a link: ${asked.length}`, {
      hint: `at least ${fewestQuestions} are needed to learn from`,
    });
  }
  const judged = asked.map(
    ({ id }, query): JudgedQuery => ({
      query,
      grades: new Map(Array.from(links.relevant.get(id)!, (target) => [placeOf.get(target)!, 1])),
    }),
  );
  const possibleFor = possibleDocuments(documents, options);
  const possible = (query: number) => {
    const self = placeOf.get(asked[query]!.id);
    return possibleFor(asked[query]!).filter((place) => place !== self);
  };
  const relevant = judged.flatMap(({ query, grades }) => {
    const open = possible(query);
    return Array.from(grades.keys(), (place) => open.includes(place));
  });
  return {
    own: {
      name: desk.name,
      hash: desk.hash,
      queries: asked.map(({ id, text }) => ({ id, text })),
      passages: documents.map(({ id, text }) => ({ id, text })),
      splits: divided(judged, asked, options),
      isWrong: (query, passage) =>
        !judged[query]!.grades.has(passage) && documents[passage]!.id !== asked[query]!.id,
      scores: undefined,
      repeated: 0,
      warnings: desk.warnings,
    },
    documents,
    asked,
    possible,
    ceiling: {
      empty: judged.filter(({ query }) => possible(query).length === 0).length,
      links: relevant.length,
      outside: relevant.filter((isPossible) => !isPossible).length,
    },
  };
}

const titleLength = 80;

/** An earlier question as a document. */
export function documentOf({ id, text, subjects, grades, language }: HelpQuestion): HelpDocument {
  const title = text.slice(0, titleLength);
  return { id, url: undefined, title, text, subjects, grades, language, isPage: false };
}

function divided(
  judged: readonly JudgedQuery[],
  asked: readonly HelpQuestion[],
  { split, seed }: CollectionOptions,
): OwnRetrieval['splits'] {
  const given = judged.filter(({ query }) => asked[query]!.split === 'test');
  const rest = judged.filter(({ query }) => asked[query]!.split !== 'test');
  const groups = new Map<string, JudgedQuery[]>();
  for (const one of rest) {
    const { user, id } = asked[one.query]!;
    const key = split === 'user' && user !== undefined ? `user ${user}` : `question ${id}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const { hi, lo } = random.foldIn(random.key(seed), 'held-out users');
  const all = [...groups.values()];
  const order = Array.from(permutation(all.length, [hi, lo]), (place) => all[place]!);
  const firstTime = (group: readonly JudgedQuery[]) =>
    group.map(({ query }) => asked[query]!.time ?? '').sort()[0]!;
  const isLater = (a: string, b: string) => Number(a > b) - Number(a < b);
  // Stable: without times the random order stays.
  order.sort((a, b) => isLater(firstTime(b), firstTime(a)));
  const take = (share: number): JudgedQuery[] => {
    const taken: JudgedQuery[] = [];
    while (taken.length < share * rest.length && order.length > 1) taken.push(...order.shift()!);
    return taken;
  };
  const test = given.length > 0 ? given : take(heldOut.test);
  const validation = take(heldOut.validation);
  return { train: order.flat(), validation, test };
}
