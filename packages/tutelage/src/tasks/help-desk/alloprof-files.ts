import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { subjectNamed } from './alloprof-subjects.js';
import { fittingRows } from './fitting-rows.js';
import type { HelpDeskFiles, HelpDeskReading, HelpPage } from './help-desk.js';
import { richText } from './rich-text.js';

const discussion = z.object({
  DiscussionID: z.int(),
  Body: z.string(),
  Language: z.string().nullish(),
  InsertUserID: z.int().nullish(),
  DateInserted: z.string().nullish(),
  CategoryID: z.int().nullish(),
  GradeID: z.int().nullish(),
});
const comment = z.object({ DiscussionID: z.int(), Body: z.string(), DateAccepted: z.string().nullish() });
const category = z.object({ CategoryID: z.int(), Name: z.string() });
const page = z.object({
  file: z.object({
    uuid: z.string(),
    breadcrumbs: z.object({ current: z.object({ routerLink: z.string() }) }),
    lang: z.string(),
    topic: z.string(),
    levels: z.array(z.int()).nullish(),
    title: z.string(),
    tags: z.array(z.string()).nullish(),
    metatags: z.array(z.object({ attributes: z.object({ content: z.string().nullish() }) })).nullish(),
  }),
});

/** Of grade ids, those that are years of school: the others stand for users, parents and teachers. */
const years = { first: 1, last: 12 };

/**
 * The files of Alloprof's repository (Lefebvre-Brossard et al. 2023): discussions, comments and categories under `questions`, pages in
 * French and English under `pages`. Only accepted comments are answers.
 */
export async function alloprofFiles(folder: string, reading: HelpDeskReading): Promise<HelpDeskFiles> {
  const asked = (name: string) => join(folder, 'questions', `${name}.json`);
  const categories = await fittingRows(asked('categories'), category, reading);
  const subjectOf = new Map(categories.map(({ CategoryID, Name }) => [CategoryID, subjectNamed(Name)]));
  const answers = new Map<number, string[]>();
  for (const { DiscussionID, Body, DateAccepted } of await fittingRows(asked('comments'), comment, reading)) {
    if (DateAccepted) answers.set(DiscussionID, [...(answers.get(DiscussionID) ?? []), Body]);
  }
  const discussions = await fittingRows(asked('discussions'), discussion, reading);
  const questions = discussions.flatMap((own, place) => {
    const { text, links } = richText(own.Body);
    if (text === '') {
      reading.log.add({ source: 'discussions', row: place + 1, reason: 'text is missing', raw: own.Body });
      return [];
    }
    const subject = subjectOf.get(own.CategoryID ?? Number.NaN);
    const grade = own.GradeID ?? 0;
    return [
      {
        id: String(own.DiscussionID),
        text,
        answers: answers.get(own.DiscussionID) ?? [],
        relevant: [],
        subjects: subject === undefined ? [] : [subject],
        grades: grade >= years.first && grade <= years.last ? [grade] : [],
        language: own.Language ?? undefined,
        user: own.InsertUserID == null ? undefined : String(own.InsertUserID),
        time: own.DateInserted ?? undefined,
        split: undefined,
        images: links.length,
      },
    ];
  });
  const pages: HelpPage[] = [];
  for (const language of ['fr', 'en']) {
    const path = join(folder, 'pages', `page-content-${language}.json`);
    if (!existsSync(path)) continue;
    for (const { file } of await fittingRows(path, page, reading)) {
      const { uuid, lang, title, topic, levels, tags, metatags, breadcrumbs } = file;
      const contents = (metatags ?? []).map(({ attributes }) => attributes.content ?? '');
      if (breadcrumbs.current.routerLink === '') continue;
      pages.push({
        id: `${uuid}-${lang}`,
        url: breadcrumbs.current.routerLink,
        title,
        text: [title, ...(tags ?? []), ...contents].filter((part) => part !== '').join(' '),
        subjects: [subjectNamed(topic)],
        grades: levels ?? [],
        language: lang,
      });
    }
  }
  return { questions, pages };
}
