import type { BuilderOptions, Preparation } from './builder.js';
import type { GrowingColumn } from './growing.js';
import type { Interactions } from './interactions.js';

/** Answers in the order of adding. */
interface Collected {
  readonly columns: {
    readonly learner: GrowingColumn<Int32Array>;
    readonly question: GrowingColumn<Int32Array>;
    readonly conceptSet: GrowingColumn<Int32Array>;
    readonly response: GrowingColumn<Uint8Array>;
    readonly order: GrowingColumn<Float64Array>;
    readonly duration: GrowingColumn<Float32Array>;
    /** −1 where an answer was given alone. */
    readonly group: GrowingColumn<Int32Array>;
  };
  readonly learners: readonly string[];
  readonly questions: readonly string[];
  readonly concepts: readonly string[];
  readonly conceptSets: readonly Int32Array[];
  readonly folds: ReadonlyMap<number, number> | undefined;
  /** Whether any duration is known. */
  readonly lasts: boolean;
  readonly options: BuilderOptions;
}

/** Sorts answers by learner and order, merges and drops what repeats, and leaves out learners with few answers. */
export function sequenced(collected: Collected): {
  readonly interactions: Interactions;
  readonly preparation: Preparation;
} {
  const { columns, options } = collected;
  const grouped = groupedByLearner(columns.learner, collected.learners.length);
  const unordered = sortWithin(grouped, columns.order);
  const { repeats, conceptSets, setOfRow } = withoutRepeats(grouped, collected);
  const { rows, offsets, kept } = withoutShort(grouped, repeats, options.shortest);

  const conceptSet = columns.conceptSet.gather(rows);
  if (setOfRow.size > 0) {
    for (const [i, row] of rows.entries()) conceptSet[i] = setOfRow.get(row) ?? conceptSet[i]!;
  }
  const { folds } = collected;
  return {
    interactions: {
      learners: kept.map((u) => collected.learners[u]!),
      offsets,
      questions: collected.questions,
      concepts: collected.concepts,
      question: columns.question.gather(rows),
      conceptSet,
      conceptSets,
      response: columns.response.gather(rows),
      first: firstOfGroups(columns.group.gather(rows), offsets),
      ...(options.timed && { time: columns.order.gather(rows) }),
      ...(collected.lasts && { duration: columns.duration.gather(rows) }),
      ...(folds && { folds: Int8Array.from(kept, (u) => folds.get(u) ?? 0) }),
    },
    preparation: {
      unordered,
      duplicates: repeats.duplicates,
      merged: repeats.merged,
      short: collected.learners.length - kept.length,
    },
  };
}

/** Rows learner by learner: those of learner u are `offsets[u]` to `offsets[u + 1]`. */
interface Grouped {
  readonly rows: Int32Array;
  readonly offsets: Int32Array;
}

/** A stable counting sort. */
function groupedByLearner(learner: GrowingColumn<Int32Array>, learners: number): Grouped {
  const offsets = new Int32Array(learners + 1);
  for (let row = 0; row < learner.length; row++) offsets[learner.at(row) + 1]! += 1;
  for (let u = 0; u < learners; u++) offsets[u + 1]! += offsets[u]!;
  const next = offsets.slice();
  const rows = new Int32Array(learner.length);
  for (let row = 0; row < learner.length; row++) rows[next[learner.at(row)]!++] = row;
  return { rows, offsets };
}

/** Puts each learner's rows in order, equal ones as they were. Returns how many learners needed it. */
function sortWithin({ rows, offsets }: Grouped, order: GrowingColumn<Float64Array>): number {
  let unordered = 0;
  for (let u = 0; u + 1 < offsets.length; u++) {
    const own = rows.subarray(offsets[u]!, offsets[u + 1]!);
    if (own.every((row, i) => i === 0 || !(order.at(row) < order.at(own[i - 1]!)))) continue;
    unordered += 1;
    own.sort((a, b) => order.at(a) - order.at(b) || a - b);
  }
  return unordered;
}

interface Repeats {
  readonly rows: ReadonlySet<number>;
  readonly duplicates: number;
  readonly merged: number;
}

/** Finds rows that tell again of an answer that another row tells of: equal ones, and those with a further concept. */
function withoutRepeats(
  { rows, offsets }: Grouped,
  { columns, conceptSets, options }: Collected,
): { readonly repeats: Repeats; readonly conceptSets: Int32Array[]; readonly setOfRow: Map<number, number> } {
  const sets = [...conceptSets];
  const unions = new Map<string, number>();
  const setOfRow = new Map<number, number>();
  const repeated = new Set<number>();
  let [duplicates, merged] = [0, 0];
  const { question, order, response, conceptSet } = columns;
  const setAt = (row: number) => setOfRow.get(row) ?? conceptSet.at(row);
  if (options.timed || options.expanded) {
    for (let u = 0; u + 1 < offsets.length; u++) {
      for (let i = offsets[u]! + 1; i < offsets[u + 1]!; i++) {
        const row = rows[i]!;
        for (let j = i - 1; j >= offsets[u]! && order.at(rows[j]!) === order.at(row); j--) {
          const other = rows[j]!;
          if (repeated.has(other) || question.at(other) !== question.at(row)) continue;
          const [own, known] = [sets[conceptSet.at(row)]!, sets[setAt(other)]!];
          const nothingNew = own.every((concept) => known.includes(concept));
          if (!options.expanded && !(nothingNew && response.at(other) === response.at(row))) continue;
          repeated.add(row);
          if (nothingNew) duplicates += 1;
          else {
            merged += 1;
            setOfRow.set(other, unionOf(known, own, sets, unions));
          }
          break;
        }
      }
    }
  }
  return { repeats: { rows: repeated, duplicates, merged }, conceptSets: sets, setOfRow };
}

function unionOf(a: Int32Array, b: Int32Array, sets: Int32Array[], unions: Map<string, number>): number {
  const union = Int32Array.from(new Set([...a, ...b])).sort();
  const key = union.join();
  const known = unions.get(key) ?? sets.length;
  if (known === sets.length) {
    unions.set(key, known);
    sets.push(union);
  }
  return known;
}

function withoutShort(
  { rows, offsets }: Grouped,
  repeats: Repeats,
  shortest: number,
): Grouped & { readonly kept: readonly number[] } {
  const kept: number[] = [];
  const ends = [0];
  let count = 0;
  for (let u = 0; u + 1 < offsets.length; u++) {
    const begin = count;
    for (let i = offsets[u]!; i < offsets[u + 1]!; i++) {
      if (repeats.rows.size === 0 || !repeats.rows.has(rows[i]!)) rows[count++] = rows[i]!;
    }
    if (count - begin < shortest) {
      count = begin;
      continue;
    }
    kept.push(u);
    ends.push(count);
  }
  return { rows: rows.subarray(0, count), offsets: Int32Array.from(ends), kept };
}

/** The first row of each row's group: a group's rows follow one another within a learner. */
function firstOfGroups(group: Int32Array, offsets: Int32Array): Int32Array {
  const first = new Int32Array(group.length);
  for (let u = 0; u + 1 < offsets.length; u++) {
    for (let row = offsets[u]!; row < offsets[u + 1]!; row++) {
      const joined = row > offsets[u]! && group[row]! >= 0 && group[row] === group[row - 1];
      first[row] = joined ? first[row - 1]! : row;
    }
  }
  return first;
}
