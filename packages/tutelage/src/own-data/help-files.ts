import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explained } from '../runs/file-errors.js';
import type { SuggestionSettings } from '../students/suggestions.js';
import { documentOf, type HelpCollection } from '../tasks/help-desk/collection.js';
import type { HelpDesk } from '../tasks/help-desk/help-desk.js';
import type { Links } from '../tasks/help-desk/links.js';

/**
 * Writes what was made of a help desk: `table.jsonl` (one document or question a line, with what answers it; no ids of users),
 * `unmatched.tsv` (links to nothing), `never-linked.txt`, `unanswered.txt` and `suggest.json`, from which suggestions are opened.
 *
 * @throws {UserError} when files can't be written
 */
export function writeHelpFiles(
  folder: string,
  desk: HelpDesk,
  { relevant, unmatched }: Links,
  { documents }: HelpCollection,
  settings: SuggestionSettings,
): void {
  const linked = new Set([...relevant.values()].flatMap((targets) => [...targets]));
  const lines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join('');
  const targets = new Set(documents.map(({ id }) => id));
  const all = [...desk.pages.map((page) => ({ ...page, isPage: true })), ...desk.questions.map(documentOf)];
  const rows = all.map(({ isPage, ...document }) => ({
    ...document,
    is_query: !isPage,
    is_target: targets.has(document.id),
    relevant: [...(relevant.get(document.id) ?? [])].sort(),
  }));
  const files = {
    'table.jsonl': lines(rows.map((row) => JSON.stringify(row))),
    'unmatched.tsv': lines(unmatched.map(({ question, target }) => `${question}\t${target}`)),
    'never-linked.txt': lines(desk.pages.filter(({ id }) => !linked.has(id)).map(({ id }) => id)),
    'unanswered.txt': lines(
      desk.questions
        .filter(({ id, answers }) => answers.length === 0 && !relevant.has(id))
        .map(({ id }) => id),
    ),
    'suggest.json': `${JSON.stringify(settings, undefined, 2)}\n`,
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    explained('write the result', path, () => writeFileSync(path, content));
  }
}
