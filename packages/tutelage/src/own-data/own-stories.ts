import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { explained } from '../runs/file-errors.js';
import { type AuthoredText, plainProse } from '../tasks/authored-texts.js';
import { readDocuments } from '../tasks/documents.js';
import { readPlan, readPrompts } from '../tasks/language-files.js';

/** What a user gives: texts of known authors and texts to examine; or prompts and models that write to them in turn. */
export type OwnStories =
  | {
      readonly kind: 'texts';
      readonly known: readonly AuthoredText[];
      readonly asked: readonly { readonly name: string; readonly text: string }[];
    }
  | { readonly kind: 'prompts'; readonly prompts: readonly string[]; readonly models: readonly string[] };

const textsSchema = z.strictObject({ known: z.string(), texts: z.string() });
const promptsSchema = z.strictObject({
  prompts: z.string(),
  models: z.array(z.string().trim().min(1)).min(1).max(5),
});

/**
 * Reads a JSON file with `known` (a folder that has a folder of text files for each author) and `texts` (a text file or a folder of them);
 * or with `prompts` (a file) and `models` (one to five).
 *
 * @throws {UserError} where something can't be read or is empty
 */
export async function readOwnStories(path: string): Promise<OwnStories> {
  const { plan, at } = await readPlan(path, z.union([textsSchema, promptsSchema]));
  if ('prompts' in plan) {
    const prompts = (await promptsIn(at(plan.prompts))).map(untagged).filter((prompt) => prompt !== '');
    if (prompts.length === 0) throw new UserError(`no prompts: ${at(plan.prompts)}`);
    return { kind: 'prompts', prompts, models: plan.models };
  }
  const folder = at(plan.known);
  const authors = entries(folder).filter((name) => statSync(join(folder, name)).isDirectory());
  if (authors.length === 0) {
    throw new UserError(`no folders of authors: ${folder}`, {
      hint: 'put the texts of each author into a folder with the name of the author',
    });
  }
  const known = authors.flatMap((author) =>
    textFiles(join(folder, author)).map((file) => ({ author, title: basename(file), text: read(file) })),
  );
  const asked = textFiles(at(plan.texts)).map((file) => ({ name: basename(file), text: read(file) }));
  return { kind: 'texts', known, asked };
}

/** Of a text file the lines: their tags in brackets look like JSON. */
async function promptsIn(path: string): Promise<string[]> {
  if (/\.txt$/i.test(path)) return [...(await readDocuments(path)).values()];
  return (await readPrompts(path)).rows.map(({ prompt }) => prompt);
}

/** A prompt without the tag in brackets that its forum puts before it. */
function untagged(prompt: string): string {
  return prompt.replace(/^\s*\[[^\]]{1,10}\]\s*/, '').trim();
}

function entries(folder: string): string[] {
  return explained('read the folder', folder, () => readdirSync(folder)).sort();
}

function textFiles(path: string): string[] {
  const isFolder = explained('read the texts', path, () => statSync(path).isDirectory());
  const files = isFolder
    ? entries(path)
        .filter((name) => /\.(txt|md)$/i.test(name))
        .map((name) => join(path, name))
    : [path];
  if (files.length === 0) throw new UserError(`no text files (.txt or .md): ${path}`);
  return files;
}

function read(path: string): string {
  return plainProse(explained('read the text', path, () => readFileSync(path, 'utf8')));
}
