import { UserError } from '../core/errors.js';
import { arxivIdIn } from './arxiv-id.js';
import { dayOf, defined, linkOf, plain } from './fields.js';
import { type MarkupElement, parseMarkup } from './markup.js';
import type { PaperRecord } from './record.js';

/**
 * Reads an Atom feed of arXiv, or any other Atom feed of papers. A feed without entries is no error: there is none on weekends.
 *
 * @throws {UserError} when it is no Atom feed, or one that tells of an error, as arXiv's does
 */
export function parseAtom(xml: string): PaperRecord[] {
  const feed = parseMarkup(xml, 'text/xml');
  if (feed?.nodeName !== 'feed') {
    throw new UserError('not an Atom feed', { hint: 'give what export.arxiv.org/api/query answers' });
  }
  return [...feed.querySelectorAll('entry')].flatMap(recordsOf);
}

function recordsOf(entry: MarkupElement): PaperRecord[] {
  const textOf = (name: string) => plain(entry.querySelector(name)?.textContent ?? '');
  const id = textOf('id');
  const title = textOf('title');
  if (/\/api\/errors/.test(id)) throw new UserError(`arXiv refuses the question: ${textOf('summary')}`);
  if (title === '') return [];
  const authors = [...entry.querySelectorAll('author > name')].map((name) => plain(name.textContent ?? ''));
  const abstract = textOf('summary');
  return [
    defined<PaperRecord>({
      title,
      arxiv: arxivIdIn(id),
      abstract: abstract === '' ? undefined : abstract,
      authors,
      authorCount: authors.length > 0 ? authors.length : undefined,
      published: dayOf(textOf('published')),
      links: linksOf(entry),
    }),
  ];
}

/** A DOI, where the journal's page is; arXiv's own pages follow from the id. */
function linksOf(entry: MarkupElement): PaperRecord['links'] {
  const doi = [...entry.querySelectorAll('link')].find((link) => link.getAttribute('title') === 'doi');
  return linkOf('journal', doi?.getAttribute('href') ?? undefined);
}
