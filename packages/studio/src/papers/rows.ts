import { defined, type PaperRecord } from 'tutelage/papers';
import { z } from 'zod';
import type { Paper, PaperSummary, Verdict } from '../api/index.js';
import { roomSchema } from '../api/index.js';

/** Methods and what their reproductions found, by the number of the paper's card. */
export type Claims = ReadonlyMap<number, { readonly method: string; readonly verdict?: Verdict }>;

const list = z.string().transform((text) => JSON.parse(text) as unknown);

/** A row of `papers` without its vector. */
const rowSchema = z.object({
  id: z.number(),
  slug: z.string(),
  arxiv: z.string().nullable(),
  title: z.string(),
  card: z.number().nullable(),
  family: roomSchema.nullable(),
  own_summary: z.string().nullable(),
  machine_summary: z.string().nullable(),
  abstract: z.string().nullable(),
  authors: list.pipe(z.array(z.string())),
  author_count: z.number().nullable(),
  published: z.string().nullable(),
  listed: z.string().nullable(),
  year: z.number().nullable(),
  links: list.pipe(z.array(z.object({ title: z.string(), url: z.string() }))),
  feed_upvotes: z.number().nullable(),
  feed_comments: z.number().nullable(),
  upvoted: z.number(),
  bookmarked: z.number(),
  own_comments: z.number(),
});

export type PaperRow = z.infer<typeof rowSchema>;

/** The columns of {@link PaperRow}, for a SELECT. */
export const paperColumns = Object.keys(rowSchema.shape)
  .map((name) => `papers.${name}`)
  .join(', ');

export function paperRow(row: unknown): PaperRow {
  return rowSchema.parse(row);
}

/** Characters of an abstract that stand in for a summary. */
const excerptLength = 280;

export function shownSummary(row: PaperRow, claims: Claims): PaperSummary {
  const claim = row.card === null ? undefined : claims.get(row.card);
  return defined<PaperSummary>({
    id: row.slug,
    title: row.title,
    arxiv: row.arxiv ?? undefined,
    ...summaryOf(row),
    authorCount: row.author_count ?? undefined,
    year: row.year ?? undefined,
    published: row.published ?? undefined,
    listed: row.listed ?? undefined,
    family: row.family ?? undefined,
    card: row.card ?? undefined,
    method: claim?.method,
    verdict: claim?.verdict,
    upvotes: (row.feed_upvotes ?? 0) + row.upvoted,
    upvoted: row.upvoted === 1,
    bookmarked: row.bookmarked === 1,
    comments: (row.feed_comments ?? 0) + row.own_comments,
  });
}

function summaryOf(row: PaperRow): Pick<PaperSummary, 'summary' | 'summaryBy'> {
  if (row.own_summary !== null) return { summary: row.own_summary, summaryBy: 'tutelage' };
  if (row.machine_summary !== null) return { summary: row.machine_summary, summaryBy: 'machine' };
  const abstract = row.abstract ?? '';
  if (abstract.length <= excerptLength) return { summary: abstract, summaryBy: 'authors' };
  return {
    summary: `${abstract.slice(0, abstract.lastIndexOf(' ', excerptLength))} …`,
    summaryBy: 'authors',
  };
}

export function shownPaper(row: PaperRow, claims: Claims, upvoteHistory: Paper['upvoteHistory']): Paper {
  const arxiv = row.arxiv === null ? [] : arxivLinks(row.arxiv);
  return {
    ...shownSummary(row, claims),
    authors: row.authors,
    ...(row.abstract !== null && { abstract: row.abstract }),
    upvoteHistory,
    links: [...arxiv, ...row.links],
  };
}

function arxivLinks(id: string): Paper['links'] {
  return [
    { title: 'arXiv', url: `https://arxiv.org/abs/${id}` },
    { title: 'PDF', url: `https://arxiv.org/pdf/${id}` },
  ];
}

/** What the database knows of a paper, as a source would tell it. */
export function recordOf(row: PaperRow): PaperRecord {
  return defined<PaperRecord>({
    title: row.title,
    arxiv: row.arxiv ?? undefined,
    abstract: row.abstract ?? undefined,
    authors: row.authors,
    authorCount: row.author_count ?? undefined,
    published: row.published ?? undefined,
    listed: row.listed ?? undefined,
    upvotes: row.feed_upvotes ?? undefined,
    comments: row.feed_comments ?? undefined,
    machineSummary: row.machine_summary ?? undefined,
    links: row.links,
  });
}

/** The text that a paper is searched by. */
export function bodyOf(row: PaperRow): string {
  return [row.abstract, row.own_summary, row.machine_summary, row.authors.join(' ')]
    .filter((part) => part)
    .join('\n');
}
