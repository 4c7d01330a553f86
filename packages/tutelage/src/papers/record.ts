import { defined, type Link } from './fields.js';

/** A paper as a source tells of it: every source knows other parts. */
export interface PaperRecord {
  readonly title: string;
  readonly arxiv?: string;
  readonly abstract?: string;
  /** Names, as far as the source has them. */
  readonly authors: readonly string[];
  readonly authorCount?: number;
  /** The day of publication: ISO 8601. */
  readonly published?: string;
  /** The day of the daily list that it stood on: ISO 8601. */
  readonly listed?: string;
  readonly upvotes?: number;
  readonly comments?: number;
  /** A sentence or two that a machine has written. */
  readonly machineSummary?: string;
  readonly links: readonly Link[];
}

/** A title for comparison: lower-case letters and digits alone. */
export function titleKey(title: string): string {
  return title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]+/gu, '');
}

/** Whether two records are of one paper: by arXiv id where both have one, else by title. */
export function isSamePaper(a: PaperRecord, b: PaperRecord): boolean {
  if (a.arxiv !== undefined && b.arxiv !== undefined) return a.arxiv === b.arxiv;
  return titleKey(a.title) === titleKey(b.title);
}

/** What two records of one paper tell together. Where both tell, counts are the newer's, and the rest is the longer one's. */
export function mergedPaper(older: PaperRecord, newer: PaperRecord): PaperRecord {
  const longer = (a: string | undefined, b: string | undefined) =>
    (b?.length ?? 0) > (a?.length ?? 0) ? b : a;
  const authors = newer.authors.length > older.authors.length ? newer.authors : older.authors;
  const links = [...older.links, ...newer.links.filter(({ url }) => older.links.every((l) => l.url !== url))];
  return defined({
    title: older.title,
    arxiv: older.arxiv ?? newer.arxiv,
    abstract: longer(older.abstract, newer.abstract),
    authors,
    authorCount: newer.authorCount ?? older.authorCount,
    published: older.published ?? newer.published,
    listed: newer.listed ?? older.listed,
    upvotes: newer.upvotes ?? older.upvotes,
    comments: newer.comments ?? older.comments,
    machineSummary: newer.machineSummary ?? older.machineSummary,
    links,
  });
}

/** Papers of several sources, each once, in the order of first mention. */
export function withoutDuplicates(papers: readonly PaperRecord[]): PaperRecord[] {
  const merged: PaperRecord[] = [];
  const places = new Map<string, number>();
  for (const paper of papers) {
    const keys = [...(paper.arxiv === undefined ? [] : [paper.arxiv]), titleKey(paper.title)];
    const place = keys
      .map((key) => places.get(key))
      .find((i) => i !== undefined && isSamePaper(merged[i]!, paper));
    const index = place ?? merged.length;
    merged[index] = place === undefined ? paper : mergedPaper(merged[place]!, paper);
    for (const key of keys) places.set(key, index);
  }
  return merged;
}
