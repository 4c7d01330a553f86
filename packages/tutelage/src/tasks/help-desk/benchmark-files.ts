import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { fittingRows } from './fitting-rows.js';
import type { HelpDeskFiles, HelpDeskReading, HelpQuestion } from './help-desk.js';

const id = z.union([z.string(), z.int()]).transform(String);
const words = z.string().nullish();
const document = z.object({ uuid: id, title: words, text: z.string(), topic: words });
const query = z.object({
  id,
  text: z.string(),
  relevant: z.array(id),
  subject: words,
  grade: z.int().nullish().catch(undefined),
  language: words,
  user: id.nullish(),
});

/**
 * The files of the benchmark that was made of Alloprof: `documents.json`, and `queries-train.json` and `queries-test.json` with the ids
 * of relevant documents.
 *
 * @throws {UserError} when there are no queries
 */
export async function benchmarkFiles(folder: string, reading: HelpDeskReading): Promise<HelpDeskFiles> {
  const pages = (await fittingRows(join(folder, 'documents.json'), document, reading)).map((own) => ({
    id: own.uuid,
    url: undefined,
    title: own.title ?? '',
    text: own.text,
    subjects: own.topic ? [own.topic] : [],
    grades: [],
    language: undefined,
  }));
  const questions: HelpQuestion[] = [];
  for (const split of ['train', 'test'] as const) {
    const path = join(folder, `queries-${split}.json`);
    if (!existsSync(path)) continue;
    for (const [place, own] of (await fittingRows(path, query, reading)).entries()) {
      if (own.text.trim() === '') {
        reading.log.add({ source: split, row: place + 1, reason: 'text is missing', raw: own.id });
        continue;
      }
      questions.push({
        id: own.id,
        text: own.text,
        answers: [],
        relevant: own.relevant,
        subjects: own.subject ? [own.subject] : [],
        grades: own.grade ? [own.grade] : [],
        language: own.language ?? undefined,
        user: own.user ?? undefined,
        time: undefined,
        split,
        images: 0,
      });
    }
  }
  if (questions.length === 0) {
    throw new UserError(`no queries beside the documents: ${folder}`, {
      hint: 'give queries-train.json, and perhaps queries-test.json',
    });
  }
  return { questions, pages };
}
