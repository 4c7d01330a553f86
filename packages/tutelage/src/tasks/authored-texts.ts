import { readFile } from 'node:fs/promises';
import { classicBooks } from './datasets/classic-books.js';
import { fetchPublic } from './public.js';

/** A text whose author is known. */
export interface AuthoredText {
  readonly author: string;
  readonly title: string;
  readonly text: string;
}

/** The public books, by their authors' last names. */
export async function readClassicBooks(): Promise<AuthoredText[]> {
  const files = await fetchPublic('classic-books');
  return Promise.all(
    Object.keys(classicBooks.files).map(async (title) => ({
      author: title.slice(0, title.indexOf('-')),
      title,
      text: plainProse(await readFile(files.get(title)!, 'utf8')),
    })),
  );
}

/**
 * Text without what a typesetter, not an author, has put there: headings, lists, rules and marks of Markdown are left out, quotes, dashes
 * and blanks have one form each. Names, told by a capital inside a sentence, all become the word Name: they would tell the book.
 */
export function plainProse(markdown: string): string {
  return markdown
    .split(/\r?\n/)
    .filter((line) => !/^\s*([#>|]|[-*_]{3,}\s*$|[-*+]\s|\d+[.)]\s)/.test(line))
    .join('\n')
    .replaceAll(/[*_`]/g, '')
    .replaceAll(/[“”„«»]/g, '"')
    .replaceAll(/[‘’]/g, "'")
    .replaceAll(/\s*(?:—|–|--+)\s*/g, ' - ')
    .replaceAll('…', '...')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/(?<=[\p{Ll},;] )(?!I\b)\p{Lu}[\p{L}'-]*/gu, 'Name')
    .trim();
}

/** A text in pieces of so many words; what is left at the end is its own piece where it has at least `least` words. */
export function segmentsOf(text: string, words: number, least = words): string[] {
  const all = text.split(' ').filter((word) => word !== '');
  return Array.from({ length: Math.ceil(all.length / words) }, (_, i) =>
    all.slice(i * words, (i + 1) * words),
  )
    .filter((segment) => segment.length >= least)
    .map((segment) => segment.join(' '));
}

/** So many of a list, evenly spread over it, or all where there are fewer. */
export function evenly<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]!);
}
