import { completeLink, inTurn } from './complete-link.js';
import { bestOf } from './hits.js';
import { products, type Vectors } from './vectors.js';

/** Papers that are searched by text, by what they are about, and by who cites them together. */
export interface Literature {
  /** Of unit length, one a paper. */
  readonly vectors: Vectors;
  readonly entities: readonly (readonly string[])[];
  /** Places of the papers that cite each one. */
  readonly citedBy: readonly ReadonlySet<number>[];
}

/** What is searched for. */
export interface Background {
  /** Of unit length, or zeros. */
  readonly vector: Float32Array;
  readonly entities: readonly string[];
  /** The paper that it was taken from, which is neither found nor counted as a paper that cites. */
  readonly hidden?: number;
}

export interface ReachOptions {
  /** Papers taken for their text alone: the nearest, as far as they have anything in common with the background. */
  readonly nearest: number;
  /** Of the nearest, how many lend their entities. */
  readonly seeds: number;
  /** Entities are used, the rarest first, until they stand in so many papers, counted once an entity; 0 leaves them out. */
  readonly byEntities: number;
  /** Entities that stand beside one of these in more than so many papers are used as well; 0 leaves them out. */
  readonly together: number;
  /** Papers that each found one brings: those most often cited beside it; 0 leaves citations out. */
  readonly cocited: number;
}

/** A paper that was found, and why. */
export interface Candidate {
  readonly row: number;
  /** Of its text with the background's. */
  readonly cosine: number;
  readonly isNearest: boolean;
  /** Its entities among those that were used. */
  readonly shared: readonly string[];
  /** The papers that brought it by citation. */
  readonly beside: readonly number[];
}

/** What is looked up again and again in a literature. */
export interface LiteratureIndex extends Literature {
  readonly count: number;
  readonly papersOf: ReadonlyMap<string, readonly number[]>;
  readonly cites: readonly ReadonlySet<number>[];
}

export function indexLiterature(literature: Literature): LiteratureIndex {
  const { entities, citedBy } = literature;
  const papersOf = new Map<string, number[]>();
  entities.forEach((own, row) => {
    for (const entity of new Set(own)) papersOf.set(entity, [...(papersOf.get(entity) ?? []), row]);
  });
  const cites = citedBy.map(() => new Set<number>());
  citedBy.forEach((citing, row) => {
    for (const other of citing) cites[other]!.add(row);
  });
  return { ...literature, count: entities.length, papersOf, cites };
}

/** Cosines of the background with all papers; the hidden one's is below all others. */
export function cosines({ vectors }: LiteratureIndex, { vector, hidden }: Background): Float32Array {
  const found = products({ data: vector, width: vectors.width }, vectors);
  if (hidden !== undefined) found[hidden] = Number.NEGATIVE_INFINITY;
  return found;
}

/**
 * The papers worth a look from several angles (SciPIP, section "SNKG"): the nearest by text; those that share rare entities with the
 * background or with its nearest papers; and those that are most often cited beside one of these.
 *
 * @returns in the order in which they were found
 */
export function reach(index: LiteratureIndex, background: Background, options: ReachOptions): Candidate[] {
  const { hidden } = background;
  const similar = cosines(index, background);
  const nearest = [...bestOf(similar, Math.max(options.nearest, options.seeds), 0).rows];
  const taken = new Set(nearest.slice(0, options.nearest));
  const used = usedEntities(index, background, nearest.slice(0, options.seeds), options);
  const found = new Set(taken);
  for (const entity of used) {
    for (const row of index.papersOf.get(entity)!) if (row !== hidden) found.add(row);
  }
  const beside = new Map<number, number[]>();
  for (const row of found) {
    for (const other of mostCocited(index, row, options.cocited, hidden)) {
      beside.set(other, [...(beside.get(other) ?? []), row]);
    }
  }
  return [...new Set([...found, ...beside.keys()])].map((row) => ({
    row,
    cosine: similar[row]!,
    isNearest: taken.has(row),
    shared: index.entities[row]!.filter((entity) => used.has(entity)),
    beside: beside.get(row) ?? [],
  }));
}

function usedEntities(
  index: LiteratureIndex,
  background: Background,
  seeds: readonly number[],
  { byEntities, together }: ReachOptions,
): Set<string> {
  if (byEntities === 0) return new Set();
  const { entities, papersOf } = index;
  const own = [...background.entities, ...seeds.flatMap((row) => entities[row]!)];
  const known = new Set(own.filter((entity) => papersOf.has(entity)));
  const company = together === 0 ? [] : [...known].flatMap((entity) => companyOf(index, entity, together));
  const frequency = (entity: string) => papersOf.get(entity)!.length;
  const used = new Set<string>();
  let papers = 0;
  for (const entity of [...new Set([...known, ...company])].sort((a, b) => frequency(a) - frequency(b))) {
    if (papers >= byEntities) break;
    used.add(entity);
    papers += frequency(entity);
  }
  return used;
}

/** The entities that stand beside one in more than so many papers. */
function companyOf({ entities, papersOf }: LiteratureIndex, entity: string, papers: number): string[] {
  const counts = new Map<string, number>();
  for (const row of papersOf.get(entity)!) {
    for (const other of new Set(entities[row])) counts.set(other, (counts.get(other) ?? 0) + 1);
  }
  return [...counts].flatMap(([other, count]) => (count > papers ? [other] : []));
}

/** The papers that are most often cited together with one; of equal ones the first. */
function mostCocited(
  { citedBy, cites }: LiteratureIndex,
  row: number,
  count: number,
  hidden: number | undefined,
): number[] {
  if (count === 0) return [];
  const counts = new Map<number, number>();
  for (const citing of citedBy[row]!) {
    if (citing === hidden) continue;
    for (const other of cites[citing]!) {
      if (other !== row && other !== hidden) counts.set(other, (counts.get(other) ?? 0) + 1);
    }
  }
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || a - b)
    .slice(0, count)
    .map(([other]) => other);
}

/** By the text's cosine alone; a paper that came by citation has the best cosine of those that brought it; or shared entities count too. */
export const rankings = ['plain', 'inherited', 'fused'] as const;
export type Ranking = (typeof rankings)[number];

const entityWeight = 0.1;

/** Candidates from the best to the worst, with what they are ranked by; of equal ones the first. */
export function rankedBy(
  index: LiteratureIndex,
  background: Background,
  candidates: readonly Candidate[],
  ranking: Ranking,
): (Candidate & { readonly score: number })[] {
  const cosineOf = new Map(candidates.map(({ row, cosine }) => [row, cosine]));
  const asked = new Set(background.entities);
  const evidence = (entity: string) =>
    (asked.has(entity) ? 2 : 1) / Math.log(2 + index.papersOf.get(entity)!.length);
  const score = ({ cosine, shared, beside }: Candidate) => {
    if (ranking === 'plain') return cosine;
    const inherited = Math.max(cosine, ...beside.map((row) => cosineOf.get(row)!));
    if (ranking === 'inherited') return inherited;
    return inherited + entityWeight * shared.reduce((sum, entity) => sum + evidence(entity), 0);
  };
  return candidates
    .map((candidate) => ({ ...candidate, score: score(candidate) }))
    .sort((a, b) => b.score - a.score);
}

/** The cluster filter: one paper of each group of like papers in turn, so that the first few cover more subjects. */
export function oneOfEachGroup<T extends { readonly row: number }>(
  { vectors }: LiteratureIndex,
  ordered: readonly T[],
  threshold: number,
  count: number,
): T[] {
  const byRow = new Map(ordered.map((one) => [one.row, one]));
  const groups = completeLink(vectors, [...byRow.keys()], threshold);
  return inTurn(
    groups.map((group) => group.map((row) => byRow.get(row)!)),
    count,
  );
}
