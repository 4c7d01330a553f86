import { UserError } from '../../core/errors.js';
import type { HelpDesk } from './help-desk.js';

/** A link or id of an answer that leads to nothing in the collection. */
export interface Unmatched {
  readonly question: string;
  readonly target: string;
}

/** Which pages and questions answer each question, by their ids. */
export interface Links {
  readonly relevant: ReadonlyMap<string, ReadonlySet<string>>;
  readonly unmatched: readonly Unmatched[];
}

/** Settings of {@link linksOf}: regular expressions, and whether pages, questions or both are what is looked for. */
export interface LinkOptions {
  readonly pageLinks: string;
  readonly questionLinks: string;
  readonly targets: 'pages' | 'questions' | 'both';
}

const address = /https?:(?:\\?\/){2}[^\s"'<>)\]\\]*(?:\\\/[^\s"'<>)\]\\]*)*/g;

/**
 * Finds what the accepted answers link to. A link that `pageLinks` matches is the page with the same path; one that `questionLinks`
 * matches is the question whose id its first group is.
 *
 * @throws {UserError} for an expression that is none, and when nothing of the collection is linked
 */
export function linksOf({ questions, pages }: HelpDesk, options: LinkOptions): Links {
  const [ofPage, ofQuestion] = [
    expression('pageLinks', options.pageLinks),
    expression('questionLinks', options.questionLinks),
  ];
  const pageAt = new Map(
    pages.flatMap(({ id, url }) => (url === undefined ? [] : [[pathOf(url), id] as const])),
  );
  const isKnown = {
    pages: new Set(pages.map(({ id }) => id)),
    questions: new Set(questions.map(({ id }) => id)),
  };
  const wanted = (id: string) =>
    (options.targets !== 'questions' && isKnown.pages.has(id)) ||
    (options.targets !== 'pages' && isKnown.questions.has(id));
  const exists = (id: string) => isKnown.pages.has(id) || isKnown.questions.has(id);
  const relevant = new Map<string, Set<string>>();
  const unmatched: Unmatched[] = [];
  for (const { id: question, answers, relevant: given } of questions) {
    const own = new Set<string>();
    const take = (id: string | undefined, target: string) => {
      if (id === undefined || !exists(id)) unmatched.push({ question, target });
      else if (id !== question && wanted(id)) own.add(id);
    };
    for (const id of given) take(id, id);
    for (const link of new Set(answers.flatMap((answer) => answer.match(address) ?? []))) {
      const plain = link.replaceAll('\\', '').replace(/[.,;:!?]+$/, '');
      if (ofPage.test(plain)) take(pageAt.get(pathOf(plain)), plain);
      else if (ofQuestion.test(plain)) take(ofQuestion.exec(plain)?.[1], plain);
    }
    if (own.size > 0) relevant.set(question, own);
  }
  if (relevant.size > 0) return { relevant, unmatched };
  const linked = questions.filter(({ answers }) => answers.some((answer) => answer.match(address))).length;
  throw new UserError('no supervision found: check the link patterns', {
    detail: `${questions.length} questions, ${linked} with a link in an accepted answer, ${unmatched.length} links to nothing in the collection${examples(unmatched)}`,
    hint: 'pageLinks and questionLinks say which links count; targets says what they may lead to',
  });
}

function examples(unmatched: readonly Unmatched[]): string {
  const some = unmatched.slice(0, 3).map(({ target }) => target);
  return some.length === 0 ? '' : `, such as ${some.join(', ')}`;
}

function expression(name: string, source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (cause) {
    throw new UserError(`not a regular expression: ${name}=${source}`, { cause });
  }
}

/** The path of an address, which is the same whatever host, query and fragment it is given with. */
function pathOf(url: string): string {
  const bare = url
    .replace(/^https?:\/\/[^/]*/, '')
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '');
  try {
    return decodeURI(bare);
  } catch {
    return bare;
  }
}
