import { UserError } from '../core/errors.js';
import { arxivIdIn } from './arxiv-id.js';
import { parseHuggingFace } from './hugging-face.js';
import { parseListing } from './listing.js';
import { type MarkupElement, type MarkupNode, parseMarkup } from './markup.js';
import { type PaperRecord, titleKey, withoutDuplicates } from './record.js';

/**
 * Reads a saved listing page. Papers are taken from the data that the page brings for its own scripts, where it does, else from its
 * text; ids come from links to papers whose text is a title.
 *
 * @param today ISO 8601
 * @throws {UserError} when there are no papers on it
 */
export function parseListingHtml(page: string, today: string): PaperRecord[] {
  const root = parseMarkup(page, 'text/html');
  if (!root) throw new UserError('not a listing page: no HTML in it');
  const brought = [...root.querySelectorAll('[data-props]')].flatMap((element) =>
    papersInside(parsed(element.getAttribute('data-props') ?? '')),
  );
  if (brought.length > 0) return withoutDuplicates(brought);
  const ids = idsByTitle(root);
  for (const element of root.querySelectorAll('head, script, style, template, noscript')) element.remove();
  const { papers } = parseListing(textOf(root), today);
  return papers.map((paper) => {
    const id = ids.get(titleKey(paper.title));
    return id === undefined ? paper : { ...paper, arxiv: id };
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Lists of papers among the values of an object. */
function papersInside(value: unknown): PaperRecord[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value)
    .filter((part: unknown) => Array.isArray(part) && part.length > 0)
    .flatMap((part: unknown) => {
      try {
        return parseHuggingFace(part);
      } catch (error) {
        if (error instanceof UserError) return [];
        throw error;
      }
    });
}

function idsByTitle(root: MarkupElement): Map<string, string> {
  const ids = new Map<string, string>();
  for (const link of root.querySelectorAll('a[href]')) {
    const id = arxivIdIn(link.getAttribute('href') ?? '');
    const title = titleKey(link.textContent ?? '');
    if (id !== undefined && title !== '') ids.set(title, id);
  }
  return ids;
}

const blocks = new Set(
  'ADDRESS ARTICLE ASIDE BLOCKQUOTE BR DD DIV DL DT FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN NAV OL P SECTION TABLE TD TH TIME TR UL'.split(
    ' ',
  ),
);

/** The text of a page, with a line for each block. */
function textOf(element: MarkupElement): string {
  const parts: string[] = [];
  const visit = (node: MarkupNode): void => {
    if (node.nodeType === 3) parts.push((node.textContent ?? '').replace(/\s+/g, ' '));
    const isBlock = blocks.has(node.nodeName.toUpperCase());
    if (isBlock) parts.push('\n');
    for (const child of node.childNodes) visit(child);
    if (isBlock) parts.push('\n');
  };
  visit(element);
  return parts.join('');
}
