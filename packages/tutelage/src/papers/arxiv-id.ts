const current = /(?<![\d.])(\d{2})(0[1-9]|1[0-2])\.(\d{4,5})(?:v\d+)?(?![\d])/;
const old = /\b([a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?)\/(\d{2}(?:0[1-9]|1[0-2])\d{3})(?:v\d+)?\b/;

/**
 * The arXiv id in a text, such as `2407.13254`, `arXiv:2407.13254v2`, `https://arxiv.org/pdf/cs.LG/0501001`, or undefined.
 * The version is left out, and so is the subject class of old ids: they are not part of a paper's identity.
 */
export function arxivIdIn(text: string): string | undefined {
  const now = current.exec(text);
  if (now) return `${now[1]}${now[2]}.${now[3]}`;
  const before = old.exec(text);
  return before ? `${before[1]!.split('.')[0]}/${before[2]}` : undefined;
}

/** The year in which an arXiv id was given. */
export function arxivYear(id: string): number {
  const year = Number(/(\d{2})\d{2}[.\d]/.exec(id.split('/').at(-1)!)![1]);
  // arXiv began in August 1991.
  return year > 90 ? 1900 + year : 2000 + year;
}
