import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { arxivIdIn } from './arxiv-id.js';
import { dayOf, defined, linkOf, plain } from './fields.js';
import type { PaperRecord } from './record.js';

// Every field may be missing: the interface is not versioned.
const text = z.string().optional().catch(undefined);
const count = z.int().nonnegative().optional().catch(undefined);

const paperSchema = z.object({
  id: text,
  title: text,
  summary: text,
  authors: z
    .array(z.object({ name: text, hidden: z.boolean().optional().catch(undefined) }).catch({}))
    .optional()
    .catch(undefined),
  publishedAt: text,
  submittedOnDailyAt: text,
  upvotes: count,
  ai_summary: text,
  githubRepo: text,
  projectPage: text,
});

const entrySchema = z.object({
  paper: paperSchema,
  title: text,
  summary: text,
  publishedAt: text,
  numComments: count,
});

type Entry = z.infer<typeof entrySchema>;

/**
 * Reads what `huggingface.co/api/daily_papers` and `/api/papers/search` (arrays) and `/api/papers/ID` (one paper) answer. Entries
 * without a title, and those that are none, are left out.
 *
 * @throws {UserError} when it is neither
 */
export function parseHuggingFace(content: unknown): PaperRecord[] {
  if (Array.isArray(content)) {
    const entries = content.flatMap((entry) => entrySchema.safeParse(entry).data ?? []);
    if (entries.length > 0 || content.length === 0) return entries.flatMap(recordsOf);
  }
  const one = paperSchema.required({ id: true, title: true }).safeParse(content);
  if (one.success) return recordsOf({ paper: one.data });
  throw new UserError('not a list of papers: JSON of another form', {
    hint: 'give what huggingface.co/api/daily_papers answers',
  });
}

function recordsOf({ paper, ...entry }: Entry | { readonly paper: Entry['paper'] }): PaperRecord[] {
  const outer: Partial<Entry> = entry;
  const title = plain(paper.title ?? outer.title ?? '');
  if (title === '') return [];
  const authors = (paper.authors ?? [])
    .filter(({ hidden }) => hidden !== true)
    .map(({ name = '' }) => plain(name))
    .filter((name) => name !== '');
  const abstract = plain(paper.summary ?? outer.summary ?? '');
  return [
    defined<PaperRecord>({
      title,
      arxiv: paper.id === undefined ? undefined : arxivIdIn(paper.id),
      abstract: abstract === '' ? undefined : abstract,
      authors,
      authorCount: authors.length > 0 ? authors.length : undefined,
      published: dayOf(paper.publishedAt ?? outer.publishedAt),
      listed: dayOf(paper.submittedOnDailyAt),
      upvotes: paper.upvotes,
      comments: outer.numComments,
      machineSummary: paper.ai_summary,
      links: [...linkOf('code', paper.githubRepo), ...linkOf('project', paper.projectPage)],
    }),
  ];
}
