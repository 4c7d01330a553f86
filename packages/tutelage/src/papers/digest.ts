import { escapeHtml, html, visible } from '../report/html.js';

/** A paper as digests and feeds show it. */
export interface DigestPaper {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly authors?: string;
  /** The day: ISO 8601. */
  readonly published?: string;
  /** Where its page is. */
  readonly url: string;
  /** What its reproduction found. */
  readonly verdict?: string;
}

export interface DigestOptions {
  /** What its papers are about, such as `on retrieval`; empty for all. */
  readonly topic: string;
  /** ISO 8601. */
  readonly day: string;
  readonly papers: readonly DigestPaper[];
  /** Where a reader ends the subscription. */
  readonly unsubscribe: string;
}

/** A digest as it is mailed. */
export interface Digest {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Writes the digest of some papers, as text and as HTML without anything to be loaded. */
export function digest({ topic, day, papers, unsubscribe }: DigestOptions): Digest {
  const what = `${papers.length} new ${papers.length === 1 ? 'paper' : 'papers'} ${topic}`;
  const subject = `${oneLine(what)}, ${day}`;
  const text = [
    subject,
    ...papers.map((paper) =>
      [oneLine(paper.title), facts(paper), visible(paper.summary), paper.url].filter(Boolean).join('\n'),
    ),
    `Unsubscribe: ${unsubscribe}`,
  ].join('\n\n');
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${subject}</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 40em; margin: 0 auto; padding: 1em">
<h1 style="font-size: 1.2em">${subject}</h1>
${papers.map(
  (paper) => html`<h2 style="font-size: 1em; margin: 1.5em 0 0"><a href="${paper.url}">${paper.title}</a></h2>
<p style="color: #666; margin: 0">${facts(paper)}</p>
<p style="margin: 0.3em 0">${paper.summary}</p>
`,
)}<p style="margin-top: 2em; color: #666"><a href="${unsubscribe}">Unsubscribe</a></p>
</body></html>
`;
  return { subject, text: `${text}\n`, html: page.markup };
}

function facts({ authors, published, verdict }: DigestPaper): string {
  return [authors, published, verdict && `claim: ${verdict}`].filter(Boolean).join(' · ');
}

function oneLine(text: string): string {
  return visible(text.replace(/\s+/g, ' ').trim());
}

export interface FeedFacts {
  readonly title: string;
  /** Where the feed itself is. */
  readonly url: string;
  /** ISO 8601, UTC. */
  readonly updated: string;
  readonly papers: readonly DigestPaper[];
}

/** An Atom feed of papers (RFC 4287). */
export function atomFeed({ title, url, updated, papers }: FeedFacts): string {
  const link = (address: string, rel: string) => `<link rel="${rel}" href="${escapeHtml(address)}"/>`;
  const entries = papers.map((paper) =>
    [
      '<entry>',
      `<id>urn:tutelage:paper:${escapeHtml(encodeURIComponent(paper.id))}</id>`,
      `<title>${escapeHtml(oneLine(paper.title))}</title>`,
      `<updated>${paper.published === undefined ? updated : `${paper.published}T00:00:00Z`}</updated>`,
      `<author><name>${escapeHtml(paper.authors ?? 'unknown')}</name></author>`,
      link(paper.url, 'alternate'),
      `<summary>${escapeHtml(paper.summary)}</summary>`,
      '</entry>',
    ].join(''),
  );
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `<id>${escapeHtml(url)}</id>`,
    `<title>${escapeHtml(oneLine(title))}</title>`,
    `<updated>${updated}</updated>`,
    link(url, 'self'),
    ...entries,
    '</feed>',
    '',
  ].join('\n');
}
