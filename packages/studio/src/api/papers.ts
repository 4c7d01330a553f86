import { z } from 'zod';
import { daySchema, roomSchema, timeSchema, verdictSchema } from './common.js';

/** A paper as lists show it. */
export const paperSummarySchema = z.object({
  /** arXiv id, or a part of the title where there is none: stands in addresses. */
  id: z.string(),
  title: z.string(),
  arxiv: z.string().exactOptional(),
  /** Two sentences of ours, or the beginning of the abstract. */
  summary: z.string(),
  /** Who wrote `summary`: ourselves, the paper's authors, or a machine. */
  summaryBy: z.enum(['tutelage', 'authors', 'machine']),
  authorCount: z.int().exactOptional(),
  year: z.int().exactOptional(),
  /** When it was published. */
  published: daySchema.exactOptional(),
  /** The day of the daily list that it stood on. */
  listed: daySchema.exactOptional(),
  family: roomSchema.exactOptional(),
  /** Number of its card in the built-in index. */
  card: z.int().exactOptional(),
  /** Id of the method that runs it. */
  method: z.string().exactOptional(),
  /** Of the latest reproduction, the user's own before the recorded one. */
  verdict: verdictSchema.exactOptional(),
  /** Of the feeds that it came from, and the user's own. */
  upvotes: z.int(),
  upvoted: z.boolean(),
  bookmarked: z.boolean(),
  comments: z.int(),
});
export type PaperSummary = z.infer<typeof paperSummarySchema>;

/** `GET /api/papers/:id` */
export const paperSchema = paperSummarySchema.extend({
  authors: z.array(z.string()),
  /** From feeds and imported pages, kept in the user's own database alone. */
  abstract: z.string().exactOptional(),
  /** What the feeds have told of its up-votes, day by day. */
  upvoteHistory: z.array(z.object({ day: daySchema, upvotes: z.int() })),
  links: z.array(z.object({ title: z.string(), url: z.url({ protocol: /^https?$/ }) })),
});
export type Paper = z.infer<typeof paperSchema>;

export const paperSortSchema = z.enum(['relevance', 'newest', 'trending', 'upvotes', 'comments']);

/** `GET /api/papers`: all given conditions hold. */
export const paperQuerySchema = z.object({
  q: z.string().max(1000).optional(),
  day: daySchema.optional(),
  family: roomSchema.optional(),
  year: z.coerce.number().int().optional(),
  verdict: z.enum([...verdictSchema.options, 'not run']).optional(),
  /** Only papers that a method runs. */
  runnable: z.stringbool().optional(),
  bookmarked: z.stringbool().optional(),
  minAuthors: z.coerce.number().int().min(1).optional(),
  /** `relevance` where there is a `q`, else `newest`. */
  sort: paperSortSchema.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).max(10_000).default(0),
});
export type PaperQuery = z.infer<typeof paperQuerySchema>;

export const paperPageSchema = z.object({
  papers: z.array(paperSummarySchema),
  /** How many there are in all; of a search, how many were ranked. */
  total: z.int(),
  /** Words of the query that no paper has, and what was searched instead. */
  corrections: z.array(z.object({ from: z.string(), to: z.string() })),
});
export type PaperPage = z.infer<typeof paperPageSchema>;

/** `GET /api/papers/days`: the days of daily lists, the latest first. */
export const daysSchema = z.object({ days: z.array(z.object({ day: daySchema, papers: z.int() })) });
export type Days = z.infer<typeof daysSchema>;

/** `GET /api/papers/:id/similar` */
export const similarPapersSchema = z.object({
  papers: z.array(paperSummarySchema.extend({ similarity: z.number() })),
});
export type SimilarPapers = z.infer<typeof similarPapersSchema>;

export const commentSchema = z.object({
  id: z.int(),
  /** Of the comment that it answers. */
  parent: z.int().exactOptional(),
  author: z.string(),
  /** Plain text. */
  text: z.string(),
  created: timeSchema,
});
export type Comment = z.infer<typeof commentSchema>;

/** `GET /api/papers/:id/comments` */
export const commentsSchema = z.object({ comments: z.array(commentSchema) });
export type Comments = z.infer<typeof commentsSchema>;

/** `POST /api/papers/:id/comments` */
export const newCommentSchema = z.object({
  author: z.string().trim().min(1).max(100).default('me'),
  text: z.string().trim().min(1).max(10_000),
  parent: z.int().optional(),
});
export type NewComment = z.input<typeof newCommentSchema>;

/** `POST /api/papers/import` */
export const importSchema = z.discriminatedUnion('source', [
  z.object({ source: z.literal('catalogue') }),
  /** The daily list of a day, from huggingface.co. */
  z.object({ source: z.literal('daily'), day: daySchema }),
  /** The papers that match best, from huggingface.co. */
  z.object({
    source: z.literal('hub'),
    query: z.string().trim().min(1).max(250),
    limit: z.int().min(1).max(100).default(50),
  }),
  /** The latest papers that match, from arxiv.org. */
  z.object({
    source: z.literal('arxiv'),
    query: z.string().trim().min(1).max(250),
    limit: z.int().min(1).max(200).default(50),
  }),
  /** Papers by arXiv ids or addresses, from arxiv.org. */
  z.object({ source: z.literal('ids'), ids: z.array(z.string().max(200)).min(1).max(100) }),
  /** A saved listing page: its text, its HTML, Hugging Face's JSON or an Atom feed. */
  z.object({ source: z.literal('text'), text: z.string().min(1).max(5_000_000) }),
]);
export type Import = z.input<typeof importSchema>;

export const importedSchema = z.object({
  added: z.int(),
  /** Were there, and are richer now. */
  updated: z.int(),
  unchanged: z.int(),
  /** Ids of the papers, in the order of the source. */
  papers: z.array(z.string()),
});
export type Imported = z.infer<typeof importedSchema>;
