import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fetchPublic } from './public.js';

/** A paragraph of an article, and questions that it answers. */
export interface AskedParagraph {
  readonly text: string;
  readonly questions: readonly string[];
}

const schema = z.object({
  data: z.array(
    z.object({
      paragraphs: z.array(
        z.object({ context: z.string(), qas: z.array(z.object({ question: z.string() })) }),
      ),
    }),
  ),
});

/**
 * The paragraphs of PIAF 1.0 by article.
 *
 * @throws {UserError} when the data can't be downloaded
 */
export async function askedArticles(): Promise<readonly (readonly AskedParagraph[])[]> {
  const files = await fetchPublic('piaf');
  const { data } = schema.parse(JSON.parse(await readFile(files.get('piaf-v1.0.json')!, 'utf8')));
  return data.map(({ paragraphs }) =>
    paragraphs.map(({ context, qas }) => ({ text: context, questions: qas.map(({ question }) => question) })),
  );
}
