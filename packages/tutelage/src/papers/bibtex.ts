import { words } from './words.js';

/** A paper as a bibliography has it. */
export interface CitedPaper {
  readonly title: string;
  /** Names, as far as they are known. */
  readonly authors: readonly string[];
  readonly year?: number;
  readonly arxiv?: string;
  readonly url?: string;
}

/** An entry for each paper, for BibTeX and BibLaTeX; keys are of author, year and title, and all different. */
export function bibtex(papers: readonly CitedPaper[]): string {
  const taken = new Map<string, number>();
  return papers
    .map((paper) => {
      const wanted = keyOf(paper);
      const count = (taken.get(wanted) ?? 0) + 1;
      taken.set(wanted, count);
      return entryOf(paper, count === 1 ? wanted : `${wanted}-${count}`);
    })
    .join('\n');
}

function entryOf({ title, authors, year, arxiv, url }: CitedPaper, key: string): string {
  const fields = {
    // The second pair of braces keeps capitals.
    title: `{${escaped(title)}}`,
    author: authors.map(escaped).join(' and '),
    year: year === undefined ? '' : String(year),
    ...(arxiv !== undefined && { eprint: arxiv, archiveprefix: 'arXiv' }),
    url: url ?? '',
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === '' ? [] : [`  ${name} = {${value}},\n`],
  );
  return `@misc{${key},\n${lines.join('')}}\n`;
}

function keyOf({ title, authors, year }: CitedPaper): string {
  const plain = (text: string) => words(text.normalize('NFKD').replaceAll(/[^\p{ASCII}]/gu, ''));
  const author = plain(authors[0] ?? '').at(-1) ?? '';
  return `${author}${year ?? ''}${plain(title)[0] ?? 'paper'}`;
}

const special: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
};

/** What TeX would take for itself, written so that it does not; braces, which must pair, are left out. */
function escaped(text: string): string {
  return text
    .replaceAll(/[{}]/g, '')
    .replaceAll(/[\\~^]/g, (letter) => special[letter]!)
    .replaceAll(/[&%$#_]/g, (letter) => `\\${letter}`)
    .replaceAll(/\s+/g, ' ')
    .trim();
}
