import { UserError } from '../core/errors.js';
import { dayAndCount } from './dates.js';
import { defined } from './fields.js';
import type { PaperRecord } from './record.js';

/** What a listing page tells. */
export interface Listing {
  /** The day that the page is of: ISO 8601. */
  readonly day?: string;
  readonly papers: readonly PaperRecord[];
}

/**
 * Reads the text of a listing page: after a line with the page's day, each paper is a title, an abstract and, mostly, three lines of
 * `• N authors`, `·` and a day with or without a year and a count of comments. Days without a year are of the page's own.
 *
 * @param today ISO 8601; tells the page's year, which it does not name
 * @throws {UserError} when no paper's block of authors and day is found
 */
export function parseListing(text: string, today: string): Listing {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const year = pageYear(lines, today);
  const blocks = lines.map((_, i) => metaAt(lines, i, year));
  const first = blocks.findIndex((block) => block !== undefined);
  if (first < 0) {
    throw new UserError('not a listing page: no lines such as "• 6 authors" with a day after them', {
      hint: 'save the page of a day or of a search, as text or HTML',
    });
  }
  const head = lines.findIndex((line, i) => i < first && dayAndCount(line, year) !== undefined);
  const day = head < 0 ? undefined : dayAndCount(lines[head]!, year)!.day;
  const papers: PaperRecord[] = [];
  // Without a day on the page, its first paper is what stands right above the first block.
  for (let at = head < 0 ? Math.max(0, first - 2) : head + 1; at + 1 < lines.length; ) {
    const meta = blocks[at + 2];
    papers.push(paperOf(lines[at]!, lines[at + 1]!, meta, day));
    at += 2 + (meta?.lines ?? 0);
  }
  return { ...(day !== undefined && { day }), papers };
}

interface Meta {
  readonly lines: number;
  readonly authorCount: number;
  readonly published: string;
  readonly comments?: number;
}

/** The block of authors and day that begins at a line. */
function metaAt(lines: readonly string[], at: number, year: number): Meta | undefined {
  const authors = /^(?:• )?(\d+) authors?$/.exec(lines[at]!);
  if (!authors) return undefined;
  const skipped = lines[at + 1] === '·' ? 2 : 1;
  const date = dayAndCount(lines[at + skipped] ?? '', year);
  if (!date) return undefined;
  // The count may have a line of its own.
  const own = date.count === undefined ? /^\d+$/.exec(lines[at + skipped + 1] ?? '')?.[0] : undefined;
  const comments = own === undefined ? date.count : Number(own);
  return {
    lines: skipped + (own === undefined ? 1 : 2),
    authorCount: Number(authors[1]),
    published: date.day,
    ...(comments !== undefined && { comments }),
  };
}

/** No paper is newer than its page: the latest year in which the page's day is not to come. */
function pageYear(lines: readonly string[], today: string): number {
  const year = Number(today.slice(0, 4));
  const days = lines.flatMap((line) => dayAndCount(line, year)?.day ?? []);
  const [head] = days;
  return head !== undefined && head > today ? year - 1 : year;
}

function paperOf(title: string, abstract: string, meta: Meta | undefined, day?: string): PaperRecord {
  return defined<PaperRecord>({
    title,
    abstract,
    authors: [],
    authorCount: meta?.authorCount,
    published: meta?.published,
    listed: day,
    comments: meta?.comments,
    links: linksIn(abstract),
  });
}

/** Addresses that an abstract names. */
function linksIn(text: string): PaperRecord['links'] {
  const urls = [...text.matchAll(/https?:\/\/[^\s<>"'()]+/g)].map(([url]) => url.replace(/[.,;:!?]+$/, ''));
  return [...new Set(urls)].map((url) => ({ title: new URL(url).hostname, url }));
}
