import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { given } from '../core/given.js';
import { bibtexEntries } from './bibtex-entries.js';
import { jsonRows } from './json-rows.js';

/** A paper as far as a user has it. */
export interface UserPaper {
  readonly id: string;
  readonly title: string;
  readonly abstract: string;
  readonly introduction?: string | undefined;
  readonly method?: string | undefined;
  /** Ids of papers that it cites, in the file or not. */
  readonly references: readonly string[];
  /** What it is about; none where the file does not tell. */
  readonly entities: readonly string[];
  readonly embedding?: readonly number[] | undefined;
}

const text = z.string().trim();
const paperSchema = z.object({
  id: z.union([text.min(1), z.int().transform(String)]).optional(),
  arxiv: text.min(1).optional(),
  title: text.min(1, 'is empty'),
  abstract: text.optional(),
  introduction: text.optional(),
  method: text.optional(),
  references: z.array(z.union([text, z.int().transform(String)])).default([]),
  entities: z.array(text.min(1)).default([]),
  embedding: z.array(z.number()).min(1).optional(),
});

/**
 * Reads papers from JSON lines of `title` and `abstract`, perhaps `id` (or `arxiv`; else the title), `introduction`, `method`,
 * `references` (ids), `entities` and `embedding`; or from the entries of a `.bib` file with their abstracts and keywords.
 *
 * @throws {UserError} when the file can't be read, with the place of a line that is no paper, and for an id that occurs twice
 */
export async function readPapersFile(path: string): Promise<UserPaper[]> {
  const papers = /\.bib$/i.test(path) ? await fromBibtex(path) : await fromJsonLines(path);
  if (papers.length === 0) throw new UserError(`no papers: ${path}`);
  const ids = new Set<string>();
  for (const { id } of papers) {
    if (ids.has(id)) throw new UserError(`id occurs twice: ${id}: ${path}`);
    ids.add(id);
  }
  return papers;
}

async function fromJsonLines(path: string): Promise<UserPaper[]> {
  const rows = await jsonRows(path, paperSchema, 'a paper');
  return rows.map(({ value: { id, arxiv, title, abstract = '', entities, ...rest } }) => ({
    ...given(rest),
    references: rest.references,
    id: id ?? arxiv ?? title,
    title,
    abstract,
    entities: entities.map(entityName),
  }));
}

async function fromBibtex(path: string): Promise<UserPaper[]> {
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UserError(`can't read file: ${path}`, { cause });
  });
  return bibtexEntries(content).flatMap(({ key, fields }) => {
    const title = fields.get('title');
    if (!title) return [];
    const entities = (fields.get('keywords') ?? '').split(/[,;]/).map(entityName);
    return [
      {
        id: key,
        title,
        abstract: fields.get('abstract') ?? '',
        references: [],
        entities: entities.filter((entity) => entity !== ''),
      },
    ];
  });
}

/** Entities that differ in case or blanks alone are the same. */
export function entityName(name: string): string {
  return name.toLowerCase().replaceAll(/\s+/g, ' ').trim();
}
