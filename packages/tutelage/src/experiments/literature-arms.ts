import { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import type { Arm } from '../core/claim.js';
import { permutation } from '../runs/permutation.js';
import { completeLink, cosine } from '../search/complete-link.js';
import { bestOf } from '../search/hits.js';
import { latentSemantics } from '../search/latent-semantics.js';
import {
  type Background,
  cosines,
  indexLiterature,
  type LiteratureIndex,
  oneOfEachGroup,
  type Ranking,
  type ReachOptions,
  rankedBy,
  reach,
} from '../search/literature.js';
import { type CitedPapers, readCacm, readPlanetoid } from '../tasks/cited-papers.js';

/*
 * Worlds for claims on the search of literature: a paper is asked for with its citations hidden, and what it cites or is cited by is to be
 * found.
 */

export interface LiteratureExperiment {
  /** Parts that the queries are split into, one a seed: seeds are their numbers. */
  readonly parts: number;
  readonly nearest: number;
  readonly seeds: number;
  readonly byEntities: number;
  readonly together: number;
  /** Complete-link similarity of the cluster filter and of groups of references. */
  readonly threshold: number;
  readonly sets: Readonly<
    Record<SetName, { readonly width: number; readonly leastLinks: number; readonly queries: number }>
  >;
}

export const literatureSets = ['CACM', 'Cora', 'CiteSeer'] as const;
type SetName = (typeof literatureSets)[number];

interface World extends LiteratureIndex {
  readonly papers: CitedPapers;
  /** Places of the papers that are asked for, in a random order. */
  readonly queries: readonly number[];
}

const worlds = new Map<string, Promise<World>>();

/** The same for all arms of a process. */
function worldOf(name: SetName, experiment: LiteratureExperiment): Promise<World> {
  const id = JSON.stringify([name, experiment]);
  const found = worlds.get(id) ?? makeWorld(name, experiment);
  worlds.set(id, found);
  return found;
}

async function makeWorld(name: SetName, experiment: LiteratureExperiment): Promise<World> {
  const { width, leastLinks, queries: count } = experiment.sets[name];
  const { papers, isAskable } = await readSet(name);
  const { texts, keywords: entities, links } = papers;
  const { vectors } = latentSemantics(texts, { width, key: random.key(name) });
  const askable = texts.flatMap((_, row) => (isAskable(row) && links[row]!.size >= leastLinks ? [row] : []));
  const { hi, lo } = random.foldIn(random.key(name), 'queries');
  const queries = Array.from(permutation(askable.length, [hi, lo]), (at) => askable[at]!).slice(0, count);
  return { ...indexLiterature({ vectors, entities, citedBy: links }), papers, queries };
}

async function readSet(name: SetName): Promise<{ papers: CitedPapers; isAskable: (row: number) => boolean }> {
  if (name === 'CACM') {
    const papers = await readCacm();
    return { papers, isAskable: (row) => papers.hasAbstract[row]! && papers.keywords[row]!.length > 0 };
  }
  const papers = await readPlanetoid(name === 'Cora' ? 'cora' : 'citeseer');
  return { papers, isAskable: (row) => papers.texts[row] !== '' };
}

/** How a query's list of papers comes about. */
export interface LiteratureWay {
  /** What is used beside the text. */
  readonly uses: readonly ('entities' | 'citations')[];
  readonly ranking?: Ranking;
  /** As many of the nearest by text as would have been found. */
  readonly textAlone?: true;
  readonly isFiltered?: true;
}

/** Arms by their ways: recall of all papers found, and of the first of them, for CACM and as figures for the contrast sets. */
export function literatureArms(
  experiment: LiteratureExperiment,
  ways: Readonly<Record<string, readonly [title: string, way: LiteratureWay]>>,
): Arm[] {
  return Object.entries(ways).map(([id, [title, way]]) => ({
    id,
    title,
    async run(seed) {
      const figures: Record<string, number> = {};
      for (const name of literatureSets) {
        const world = await worldOf(name, experiment);
        const own = world.queries.filter((_, i) => i % experiment.parts === seed % experiment.parts);
        const measured = own.map((row) => measure(world, row, way, experiment));
        for (const figure of Object.keys(measured[0]!)) {
          figures[`${name} ${figure}`] = mean(measured.map((one) => one[figure]!));
        }
      }
      return { value: figures['CACM recall']!, figures };
    },
  }));
}

function measure(
  world: World,
  row: number,
  way: LiteratureWay,
  { nearest, seeds, byEntities, together, threshold }: LiteratureExperiment,
): Record<string, number> {
  const { vectors, papers } = world;
  const { width, data } = vectors;
  const background: Background = {
    vector: data.subarray(row * width, (row + 1) * width),
    entities: papers.keywords[row]!,
    hidden: row,
  };
  const options: ReachOptions = {
    nearest,
    seeds,
    together,
    byEntities: way.uses.includes('entities') ? byEntities : 0,
    cocited: way.uses.includes('citations') ? 1 : 0,
  };
  const candidates = reach(world, background, options);
  const ordered = way.textAlone
    ? Array.from(bestOf(cosines(world, background), candidates.length).rows, (found) => ({ row: found }))
    : rankedBy(world, background, candidates, way.ranking ?? 'plain');
  const list = way.isFiltered ? oneOfEachGroup(world, ordered, threshold, ordered.length) : ordered;
  const rows = list.map((one) => one.row);
  const gold = [...papers.links[row]!];
  const groups = completeLink(vectors, gold, threshold);
  const hit = hitGroups(vectors, rows.slice(0, 10), groups, threshold);
  const recall = (found: readonly number[]) =>
    found.filter((one) => papers.links[row]!.has(one)).length / gold.length;
  return {
    recall: recall(rows),
    'R@10': recall(rows.slice(0, 10)),
    'R@20': recall(rows.slice(0, 20)),
    'R@50': recall(rows.slice(0, 50)),
    'groups@10': hit.length,
    'recall of groups@10': hit.reduce((sum, group) => sum + group.length, 0) / gold.length,
    length: rows.length,
  };
}

/** The groups of references whose nearest one to some found paper is like it. */
function hitGroups(
  { data, width }: World['vectors'],
  found: readonly number[],
  groups: readonly (readonly number[])[],
  threshold: number,
): (readonly number[])[] {
  const likeness = (one: number, group: readonly number[]) =>
    Math.max(...group.map((other) => cosine(data, width, one, other)));
  const hit = found.map((one) =>
    groups.reduce((best, group) => (likeness(one, group) > likeness(one, best) ? group : best)),
  );
  return groups.filter((group) =>
    found.some((one, i) => hit[i] === group && likeness(one, group) >= threshold),
  );
}
