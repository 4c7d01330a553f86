import type { Imported, PaperSummary, Verdict } from '@tutelage/studio/api';

/** The families of methods, in the order of the library's rooms. */
export const families = [
  'distillation',
  'retrieval',
  'curricula',
  'alignment',
  'reasoning',
  'data',
  'dialogue',
  'learners',
] as const satisfies readonly NonNullable<PaperSummary['family']>[];

export const verdicts = ['holds', 'does not hold', 'inconclusive', 'not run'] as const satisfies readonly (
  | Verdict
  | 'not run'
)[];

const filters = ['q', 'day', 'family', 'year', 'verdict', 'runnable', 'bookmarked', 'sort'] as const;

/** What a page of papers shows, by the search string of its address. */
export type PaperFilters = Readonly<Record<(typeof filters)[number], string>>;

export function filtersIn(search: string): PaperFilters {
  const parameters = new URLSearchParams(search);
  return Object.fromEntries(filters.map((name) => [name, parameters.get(name) ?? ''])) as Record<
    (typeof filters)[number],
    string
  >;
}

/** The address at which the API answers for filters. */
export function papersAddress(chosen: PaperFilters, limit: number): string {
  const parameters = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value !== ''));
  parameters.set('limit', String(limit));
  return `/api/papers?${parameters}`;
}

/** Whether anything but the order is chosen. */
export function isFiltered({ sort: _, ...chosen }: PaperFilters): boolean {
  return Object.values(chosen).some((value) => value !== '');
}

/** What an import did: `2 new, 45 known`. */
export function importedWords({ added, updated, unchanged }: Imported): string {
  const parts = [
    [added, 'new'],
    [updated, 'known and richer now'],
    [unchanged, 'known'],
  ] as const;
  return parts.flatMap(([n, what]) => (n > 0 ? [`${n} ${what}`] : [])).join(', ') || 'none';
}

/** arXiv ids and addresses, however they are separated. */
export function idsIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}
