import { random } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import { oneOf, uniformDraws } from '../curricula/draws.js';
import { lessonBatches } from '../students/lesson-batches.js';
import type { OwnRetrieval } from '../tasks/own-retrieval.js';
import type { Direction } from './ordered-candidates.js';
import type { TextPair } from './pair-scorer.js';

/** Pairs of texts to learn from. */
export interface PairLessons {
  readonly queries: readonly string[];
  readonly passages: readonly string[];
  /** A query and a passage that answers it. */
  readonly pairs: readonly TextPair[];
  /** Whether a passage is a wrong answer: neither a known one nor of the same group. */
  isWrong(query: number, passage: number): boolean;
  /** Wrong passages of a query, one of which is in its batch beside its answer; nothing if not given. */
  readonly near?: (query: number) => readonly number[];
}

/** A batch of pairs and what its two sides look like from each other. */
export interface PairBatch {
  readonly queries: readonly string[];
  /** The pairs' own passages and others, none twice. */
  readonly passages: readonly string[];
  /** Queries among all passages. */
  readonly forward: Direction;
  /** The queries' own passages among the queries. */
  readonly back: Direction;
}

/**
 * Batches of pairs, epoch after epoch, asked for in order.
 *
 * @param pool passages at random that are candidates beside the batch's own
 * @returns a function of the step
 */
export function pairBatches(
  { queries, passages, pairs, isWrong, near }: PairLessons,
  { batchSize, pool, seed }: { readonly batchSize: number; readonly pool: number; readonly seed: number },
): (step: number) => PairBatch {
  const batches = lessonBatches({ count: pairs.length, batchSize, seed });
  const size = Math.min(passages.length, (near ? 2 : 1) * batchSize + pool);
  const key = random.foldIn(random.key(seed), 'candidates');
  const drawnNear = (batch: readonly TextPair[], draw: () => number) =>
    batch.flatMap(([query]) => {
      const wrong = near?.(query) ?? [];
      return wrong.length > 0 ? [oneOf(wrong, draw)] : [];
    });
  return (step) => {
    const batch = batches.next(step).map((row) => pairs[row]!);
    const answers = batch.map(([, passage]) => passage);
    const draw = uniformDraws(random.foldIn(key, step));
    const met = filledUp([...answers, ...drawnNear(batch, draw)], passages.length, size, draw);
    const own = answers.map((passage) => met.indexOf(passage));
    return {
      queries: batch.map(([query]) => queries[query]!),
      passages: met.map((passage) => passages[passage]!),
      forward: {
        anchors: batch.length,
        candidates: met.length,
        own,
        pairOf: (i, j) => [batch[i]![0], met[j]!],
        isWrong: (i, j) => j !== own[i] && isWrong(batch[i]![0], met[j]!),
      },
      back: {
        anchors: batch.length,
        candidates: batch.length,
        own: batch.map((_, i) => i),
        pairOf: (i, j) => [batch[j]![0], answers[i]!],
        isWrong: (i, j) => isWrong(batch[j]![0], answers[i]!),
      },
    };
  };
}

/** A direction in which candidates from outside of the batch are neither right nor wrong. */
export function inBatchDirection(direction: Direction): Direction {
  const inBatch = new Set(direction.own);
  return { ...direction, isWrong: (i, j) => inBatch.has(j) && direction.isWrong(i, j) };
}

/**
 * A batch's scores seen from the passages.
 *
 * @param scores of queries and passages, [queries, passages]
 * @returns of the queries' own passages and the queries, [queries, queries]
 */
export function turnedScores({ queries, passages, forward }: PairBatch, scores: Float32Array): Float32Array {
  const found = forward.own.flatMap((own) => queries.map((_, i) => scores[i * passages.length + own]!));
  return Float32Array.from(found);
}

/**
 * Checks that the user's pairs make batches with wrong candidates in them.
 *
 * @param pairs how many there are
 * @throws {UserError} when they don't
 */
export function checkPairs(
  { repeated, passages }: OwnRetrieval,
  pairs: number,
  settings: {
    readonly batchSize: number;
    readonly candidates: number;
    readonly pool: number;
    readonly deduplicate: boolean;
  },
): void {
  const { batchSize, candidates, pool, deduplicate } = settings;
  if (passages.length < 2) {
    throw new UserError(`fewer than two distinct passages: ${passages.length}`, {
      hint: 'what answers every query teaches nothing',
    });
  }
  checkBatch(pairs, batchSize);
  if (candidates >= batchSize + pool) {
    throw new UserError(`as many candidates as a batch has passages: ${candidates} of ${batchSize + pool}`, {
      hint: 'lower candidates, or raise batchSize or pool',
    });
  }
  if (repeated > 0 && !deduplicate) {
    throw new UserError(`passages that occur with several queries: ${repeated}`, {
      detail: 'false negatives: what answers one query would be taken for a wrong answer of another',
      hint: 'give the pairs that belong together an id, or set deduplicate=true',
    });
  }
}

/** @throws {UserError} when there are fewer pairs than a batch has */
export function checkBatch(pairs: number, batchSize: number): void {
  if (pairs >= batchSize) return;
  throw new UserError(`fewer pairs than a batch has: ${pairs}`, {
    hint: `batchSize is ${batchSize}: lower it`,
  });
}

/** Some passages, without repetition, and others at random until there are `size` of all `count`. */
function filledUp(some: readonly number[], count: number, size: number, draw: () => number): number[] {
  const met = new Set(some);
  if (size === count) for (let passage = 0; passage < count; passage++) met.add(passage);
  while (met.size < size) met.add(Math.floor(draw() * count));
  return [...met];
}
