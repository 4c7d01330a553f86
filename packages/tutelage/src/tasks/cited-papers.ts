import { readFile } from 'node:fs/promises';
import { type Pickled, type PickledObject, unpickle } from './pickle.js';
import { fetchPublic } from './public.js';

/** Papers with texts, keywords and citations; all lists are in the order of the papers. */
export interface CitedPapers {
  readonly texts: readonly string[];
  readonly keywords: readonly (readonly string[])[];
  /** Places of the papers that each one cites or is cited by: without itself, and the same both ways. */
  readonly links: readonly ReadonlySet<number>[];
}

/** Of a paper's record: `.T` title, `.W` abstract, `.K` keywords, `.X` links as rows of paper, type and itself. */
const fieldMark = /^\.([A-Z])(?: (\d+))?$/;
const cites = '5';

/**
 * Papers of the Communications of the ACM: titles with abstracts, and their authors' keywords. Links are those of type 5
 * alone, since coupling and co-citation, types 4 and 6, are counted from all papers, whichever of them is hidden.
 *
 * @param path of `cacm.all`; the public one if not given
 */
export async function readCacm(path?: string): Promise<CitedPapers & { readonly hasAbstract: boolean[] }> {
  const text = await readFile(path ?? (await fetchPublic('cacm')).get('cacm.all')!, 'latin1');
  const records: { id: string; fields: Map<string, string[]> }[] = [];
  let lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [, field, id] = fieldMark.exec(line) ?? [];
    if (field === 'I') records.push({ id: id!, fields: new Map() });
    else if (field === undefined) lines.push(line);
    if (field !== undefined && field !== 'I') {
      lines = [];
      records.at(-1)!.fields.set(field, lines);
    }
  }
  // One record's mark is broken in two; its links name it whole, in their last column.
  const idOf = ({ id, fields }: (typeof records)[number]) => fields.get('X')?.[0]?.split(/\s+/)[2] ?? id;
  const places = new Map(records.map((one, place) => [idOf(one), place]));
  const read = ({ fields }: (typeof records)[number], field: string) => (fields.get(field) ?? []).join(' ');
  return {
    texts: records.map((one) => `${read(one, 'T')} ${read(one, 'W')}`.trim()),
    keywords: records.map((one) => [
      ...new Set(
        read(one, 'K')
          .toLowerCase()
          .split(',')
          .map((keyword) => keyword.replaceAll(/\s+/g, ' ').trim())
          .filter((keyword) => keyword !== ''),
      ),
    ]),
    links: bothWays(
      records.map(({ fields }) =>
        (fields.get('X') ?? []).flatMap((row) => {
          const [other, type] = row.split(/\s+/);
          const place = places.get(other!);
          return type === cites && place !== undefined ? [place] : [];
        }),
      ),
    ),
    hasAbstract: records.map(({ fields }) => fields.has('W')),
  };
}

/** Cora or CiteSeer: words are numbers, and are the keywords as well; fifteen papers of CiteSeer have none. */
export async function readPlanetoid(name: 'cora' | 'citeseer'): Promise<CitedPapers> {
  const files = await fetchPublic('planetoid');
  const read = (part: string) => readFile(files.get(`ind.${name}.${part}`)!);
  const graph = unpickle(await read('graph')) as PickledObject;
  const order = (await read('test.index')).toString().trim().split(/\s+/).map(Number);
  const [first, last] = [rowsOf(unpickle(await read('allx'))), rowsOf(unpickle(await read('tx')))];
  const papers: string[][] = Array.from({ length: graph.items.size }, () => []);
  first.forEach((row, place) => {
    papers[place] = row;
  });
  order.forEach((place, i) => {
    papers[place] = last[i]!;
  });
  return {
    texts: papers.map((words) => words.join(' ')),
    keywords: papers,
    links: bothWays(papers.map((_, place) => graph.items.get(place) as number[])),
  };
}

/** The columns of a pickled sparse matrix of SciPy that are not 0, row by row. */
function rowsOf(pickled: Pickled): string[][] {
  const parts = (pickled as PickledObject).state as Map<Pickled, Pickled>;
  const integers = (part: string) => {
    const array = (parts.get(part) as PickledObject).state as Pickled[];
    const bytes = Buffer.from(array.at(-1) as string, 'latin1');
    return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(4 * i));
  };
  const [starts, columns] = [integers('indptr'), integers('indices')];
  return starts.slice(1).map((end, row) => columns.slice(starts[row], end).map(String));
}

function bothWays(lists: readonly (readonly number[])[]): Set<number>[] {
  const links = lists.map(() => new Set<number>());
  lists.forEach((others, place) => {
    for (const other of others) {
      if (other === place) continue;
      links[place]!.add(other);
      links[other]!.add(place);
    }
  });
  return links;
}
