import { percent } from '../assessment/wording.js';
import type { HelpCollection } from '../tasks/help-desk/collection.js';
import type { HelpDesk } from '../tasks/help-desk/help-desk.js';
import type { Links } from '../tasks/help-desk/links.js';

const shown = 3;

/** What the links and the restriction by subject, grade and language leave to be found, for the user. */
export function helpFindings(
  desk: HelpDesk,
  { unmatched }: Links,
  { asked, documents, own, ceiling }: HelpCollection,
): string[] {
  const { train, validation, test } = own.splits;
  const { empty, links, outside } = ceiling;
  const examples = unmatched
    .slice(0, shown)
    .map(({ question, target }) => `${target} (question ${question})`);
  const languages = new Map<string, number>();
  for (const { language } of desk.questions) {
    if (language !== undefined) languages.set(language, (languages.get(language) ?? 0) + 1);
  }
  const each = Array.from(languages, ([language, count]) => `${language} ${count}`).join(', ');
  return [
    ...(languages.size > 1
      ? [`warning: questions in several languages: ${each}; set language to teach one`]
      : []),
    `${asked.length} of ${desk.questions.length} questions are linked to one of ${documents.length} documents: ${train.length} to learn from, ${validation.length} for validation, ${test.length} for the test`,
    ...(unmatched.length > 0
      ? [
          `warning: ${unmatched.length} links lead to nothing in the collection, such as ${examples.join(', ')}: see unmatched.tsv`,
        ]
      : []),
    `by subject, grade and language ${percent(1 - outside / links)} of ${links} links are possible, which is the most that can be found among the possible ones`,
    ...(empty > 0
      ? [`warning: for ${empty} questions nothing is possible: widen grades or related subjects`]
      : []),
  ];
}
