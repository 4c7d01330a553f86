import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { random } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import { permutation } from '../runs/permutation.js';
import { type RetrievalData, readRetrieval } from './retrieval.js';
import { readPairs } from './retrieval-pairs.js';
import { SPLIT_NAMES, type SplitName } from './splits.js';
import { readTeacherScores, type TeacherScore } from './teacher-scores.js';

/** Grades of judged passages, by place. */
export type Grades = ReadonlyMap<number, number>;

/** A query and what is known to answer it. */
export interface JudgedQuery {
  readonly query: number;
  readonly grades: Grades;
}

/** The user's queries, passages and judgements, by their places. */
export interface OwnRetrieval {
  readonly name: string;
  /** SHA-256 of texts and judgements. */
  readonly hash: string;
  readonly queries: readonly { readonly id: string; readonly text: string }[];
  readonly passages: readonly { readonly id: string; readonly text: string }[];
  readonly splits: Readonly<Record<SplitName, readonly JudgedQuery[]>>;
  /** Whether a passage may be taken for a wrong answer: it is neither a known one nor of a known one's group. */
  isWrong(query: number, passage: number): boolean;
  /** Scores of a teacher that were stored beforehand, if there are any. */
  readonly scores: readonly TeacherScore[] | undefined;
  /** Passages of a table of pairs that occur with several queries, and say nothing of groups. */
  readonly repeated: number;
  readonly warnings: readonly string[];
}

/** Held out of the queries where the data says nothing: for validation, and for the test. */
const heldOut = { validation: 0.1, test: 0.2 };
const fewestQueries = 10;

/**
 * Reads a folder of queries, passages and judgements in BEIR's layout, with stored teacher scores in `scores.tsv` if there is such a
 * file, or a table of pairs. Where no split is given for validation or the test, queries of the training split are held out.
 *
 * @throws {UserError} when the data can't be used
 */
export async function readOwnRetrieval(path: string): Promise<OwnRetrieval> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new UserError(`no such file or folder: ${path}`);
  if (!found.isDirectory()) {
    const { data, groups, repeated } = await readPairs(path);
    return collection(basename(path), data, { groups, repeated, scores: undefined });
  }
  const data = await readRetrieval(path);
  const scoresPath = join(path, 'scores.tsv');
  const scores = existsSync(scoresPath) ? await readTeacherScores(scoresPath) : undefined;
  return collection(basename(path), data, { groups: new Map(), repeated: 0, scores });
}

function collection(
  name: string,
  data: RetrievalData,
  {
    groups,
    repeated,
    scores,
  }: Pick<OwnRetrieval, 'scores' | 'repeated'> & { readonly groups: ReadonlyMap<string, string> },
): OwnRetrieval {
  const queries = Array.from(data.queries, ([id, text]) => ({ id, text }));
  const passages = Array.from(data.documents, ([id, { title, text }]) => ({
    id,
    text: title === undefined ? text : `${title}. ${text}`,
  }));
  const [queryAt, passageAt] = [placesOf(queries), placesOf(passages)];
  const judged = (split: SplitName): JudgedQuery[] =>
    Array.from(data.judgements[split], ([id, grades]) => ({
      query: queryAt.get(id)!,
      grades: new Map(Array.from(grades, ([passage, grade]) => [passageAt.get(passage)!, grade])),
    })).filter(({ grades }) => [...grades.values()].some((grade) => grade >= 1));
  const splits = completed({
    train: judged('train'),
    validation: judged('validation'),
    test: judged('test'),
  });
  const groupOf = passages.map(({ id }) => groups.get(id));
  const known = new Map<number, Set<number | string>>();
  for (const { query, grades } of SPLIT_NAMES.flatMap((split) => splits[split])) {
    const own = known.get(query) ?? new Set();
    for (const [passage, grade] of grades) {
      if (grade < 1) continue;
      own.add(passage);
      if (groupOf[passage] !== undefined) own.add(groupOf[passage]);
    }
    known.set(query, own);
  }
  const warnings = Array.from(
    data.rejected.byReason,
    ([reason, count]) => `${count} rows left out: ${reason}`,
  );
  const hash = createHash('sha256');
  const judgedAs = SPLIT_NAMES.map((split) => splits[split].map(({ query, grades }) => [query, ...grades]));
  hash.update(JSON.stringify([queries, passages, judgedAs]));
  return {
    name,
    hash: hash.digest('hex'),
    queries,
    passages,
    splits,
    isWrong(query, passage) {
      const own = known.get(query);
      const group = groupOf[passage];
      return !own?.has(passage) && (group === undefined || !own?.has(group));
    },
    scores,
    repeated,
    warnings,
  };
}

function placesOf(texts: readonly { readonly id: string }[]): ReadonlyMap<string, number> {
  return new Map(texts.map(({ id }, place) => [id, place]));
}

/** Holds queries of the training split out where there is none for validation or the test; the same ones every time. */
function completed(splits: OwnRetrieval['splits']): OwnRetrieval['splits'] {
  const all = splits.train.length > 0 ? splits.train : splits.validation;
  if (all.length < fewestQueries) {
    throw new UserError(`too few queries with a relevant passage: ${all.length}`, {
      hint: `at least ${fewestQueries} are needed to learn from`,
    });
  }
  const { hi, lo } = random.foldIn(random.key(0), 'held-out queries');
  const order = Array.from(permutation(all.length, [hi, lo]), (place) => all[place]!);
  const take = (split: 'validation' | 'test') =>
    splits[split].length > 0 && all !== splits[split]
      ? splits[split]
      : order.splice(0, Math.ceil(heldOut[split] * all.length));
  const [validation, test] = [take('validation'), take('test')];
  return { train: order, validation, test };
}
