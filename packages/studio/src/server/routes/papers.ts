import { type Context, Hono } from 'hono';
import { atomFeed, bibtex, type CitedPaper, defined, type PaperRecord, readPapers } from 'tutelage/papers';
import { z } from 'zod';
import {
  type Comments,
  type Imported,
  importSchema,
  newCommentSchema,
  type Paper,
  paperQuerySchema,
  roomSchema,
  type SimilarPapers,
} from '../../api/index.js';
import { digestPaper, publicUrl } from '../../digests/digests.js';
import { addComment, commentsOn, removeComment } from '../../papers/comments.js';
import { found, Problem } from '../../problems/problem.js';
import { body, numberIn, query } from '../body.js';
import type { Studio } from '../studio.js';

const similarQuery = z.object({ limit: z.coerce.number().int().min(1).max(20).default(5) });
const marks = { upvote: 'upvoted', bookmark: 'bookmarked' } as const;

export function paperRoutes(studio: Studio): Hono {
  const { papers, db, now } = studio;
  const claims = () => studio.reproductions.claims();
  const routes = new Hono();

  routes.get('/papers', (c) => c.json(papers.page(query(c, paperQuerySchema), claims(), now())));
  routes.get('/papers/days', (c) => c.json(papers.days()));
  routes.post('/papers/import', async (c) => {
    const wanted = await body(c, importSchema);
    const imported: Imported =
      wanted.source === 'catalogue'
        ? papers.addCatalogue(now())
        : papers.add(await papersFrom(wanted, studio), now());
    return c.json(imported);
  });
  routes.get('/export/papers.jsonl', (c) => {
    const lines = papers.all(claims()).map((paper) => `${JSON.stringify(paper)}\n`);
    return c.body(lines.join(''), 200, {
      'content-type': 'application/jsonl; charset=utf-8',
      'content-disposition': 'attachment; filename="papers.jsonl"',
    });
  });
  routes.get('/export/papers.bib', (c) => {
    const chosen = papers.page(query(c, exportQuery), claims(), now()).papers;
    return bibliography(
      c,
      chosen.flatMap(({ id }) => papers.paper(id, claims()) ?? []),
      'papers.bib',
    );
  });
  routes.get('/papers/:id/bibtex', (c) => {
    const paper = found(papers.paper(c.req.param('id'), claims()), 'paper');
    return bibliography(c, [paper], `${paper.id}.bib`);
  });
  routes.get('/papers/:id', (c) => c.json(found(papers.paper(c.req.param('id'), claims()), 'paper')));
  routes.get('/papers/:id/similar', (c) => {
    const { limit } = query(c, similarQuery);
    const similar: SimilarPapers = {
      papers: found(papers.similar(c.req.param('id'), limit, claims()), 'paper'),
    };
    return c.json(similar);
  });
  routes.post('/papers/:id/refresh', async (c) => {
    const { id, arxiv } = found(papers.paper(c.req.param('id'), claims()), 'paper');
    if (arxiv === undefined) throw new Problem(409, `the paper has no arXiv id: ${id}`);
    papers.add(await answered(() => studio.feeds.onHub(arxiv)), now());
    return c.json(found(papers.paper(id, claims()), 'paper'));
  });
  for (const [name, mark] of Object.entries(marks)) {
    const set = (id: string, value: boolean) => found(papers.mark(id, mark, value, claims()), 'paper');
    routes.put(`/papers/:id/${name}`, (c) => c.json(set(c.req.param('id'), true)));
    routes.delete(`/papers/:id/${name}`, (c) => c.json(set(c.req.param('id'), false)));
  }
  routes.get('/papers/:id/comments', (c) => {
    const comments: Comments = { comments: found(commentsOn(db, c.req.param('id')), 'paper') };
    return c.json(comments);
  });
  routes.post('/papers/:id/comments', async (c) => {
    const comment = await body(c, newCommentSchema);
    return c.json(
      found(addComment(db, c.req.param('id'), comment, now()), 'paper, or comment to answer'),
      201,
    );
  });
  routes.delete('/comments/:id', (c) => {
    if (!removeComment(db, numberIn(c, 'id'))) throw new Problem(404, 'no such comment');
    return c.body(null, 204);
  });
  return routes;
}

/** As many papers as a list shows at most. */
const exportQuery = paperQuerySchema.extend({ limit: z.coerce.number().int().min(1).max(200).default(200) });

function bibliography(c: Context, papers: readonly Paper[], name: string): Response {
  const cited = papers.map(({ title, authors, year, arxiv, links }) =>
    defined<CitedPaper>({ title, authors, year, arxiv, url: links[0]?.url }),
  );
  return c.body(bibtex(cited), 200, {
    'content-type': 'application/x-bibtex; charset=utf-8',
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
  });
}

type Source = Exclude<z.output<typeof importSchema>, { source: 'catalogue' }>;

async function papersFrom(wanted: Source, { feeds, now }: Studio): Promise<readonly PaperRecord[]> {
  if (wanted.source === 'text') return readPapers(wanted.text, now().toISOString().slice(0, 10));
  return answered(async () => {
    if (wanted.source === 'daily') return await feeds.daily(wanted.day);
    if (wanted.source === 'hub') return await feeds.hub(wanted.query, wanted.limit);
    if (wanted.source === 'arxiv') return await feeds.search(wanted.query, wanted.limit);
    return await feeds.byId(wanted.ids);
  });
}

/** What a feed answers; that it does not is no fault of ours. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof Error && 'hint' in error
      ? new Problem(502, error.message, typeof error.hint === 'string' ? error.hint : undefined)
      : error;
  }
}

const feedQuery = z.object({ q: z.string().max(250).optional(), family: roomSchema.optional() });

/** The feed for feed readers. */
export function feedRoutes(studio: Studio): Hono {
  const routes = new Hono();
  routes.get('/papers.atom', (c) => {
    const { q, family } = query(c, feedQuery);
    const wanted = paperQuerySchema.parse({ q, family, sort: 'newest' });
    const { papers } = studio.papers.page(wanted, studio.reproductions.claims(), studio.now());
    const base = publicUrl(studio.digests);
    const address = new URLSearchParams({
      ...(q !== undefined && { q }),
      ...(family !== undefined && { family }),
    });
    const days = papers.map(({ listed, published }) => listed ?? published ?? '2000-01-01').sort();
    const feed = atomFeed({
      title: ['Papers', q, family].filter(Boolean).join(' · '),
      url: `${base}/feeds/papers.atom?${address}`,
      updated: `${days.at(-1) ?? '2000-01-01'}T00:00:00Z`,
      papers: papers.map((paper) => digestPaper(paper, base)),
    });
    return c.body(feed, 200, { 'content-type': 'application/atom+xml; charset=utf-8' });
  });
  return routes;
}
