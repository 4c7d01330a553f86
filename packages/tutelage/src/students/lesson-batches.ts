import { random } from '@tutelage/engine';
import { DataCursor } from '../runs/cursor.js';
import type { JsonValue } from '../runs/json.js';

export interface LessonBatchesOptions {
  /** Number of examples. */
  readonly count: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Of each example; batches are made of examples alike in size, so that little is padding. */
  readonly sizes?: readonly number[];
}

/** Batches of examples, epoch after epoch. */
export interface LessonBatches {
  readonly stepsAnEpoch: number;
  /** The examples of a step. Steps are asked for in order. */
  next(step: number): readonly number[];
  /** What `resume` needs to go on with the next step. */
  readonly state: JsonValue;
  resume(state: JsonValue): void;
}

/** Steps whose examples are drawn together and divided by size. */
const drawnTogether = 16;

/**
 * Examples in a new random order each epoch. With sizes, the examples of 16 batches are sorted by size, divided, and the batches
 * given in random order.
 */
export function lessonBatches({ count, batchSize, seed, sizes }: LessonBatchesOptions): LessonBatches {
  const stepsAnEpoch = Math.floor(count / batchSize);
  const together = sizes ? drawnTogether : 1;
  const order = random.foldIn(random.key(seed), 'batches');
  let cursor = DataCursor.start({ size: count, batchSize, seed, dropLast: true });
  let before = cursor.state;
  let batches: readonly (readonly number[])[] = [];
  let nextOf = 0;
  const draw = (step: number): void => {
    before = cursor.state;
    const inEpoch = step % stepsAnEpoch;
    const first = inEpoch - (inEpoch % together);
    const drawn = Array.from({ length: Math.min(together, stepsAnEpoch - first) }, () => [...cursor.next()]);
    batches = sizes ? alike(drawn, sizes, random.foldIn(order, step - (inEpoch - first))) : drawn;
  };
  return {
    stepsAnEpoch,
    next(step) {
      const place = (step % stepsAnEpoch) % together;
      if (place === 0 || batches.length === 0) draw(step);
      nextOf = place + 1;
      return batches[place]!;
    },
    get state() {
      return nextOf === batches.length ? cursor.state : before;
    },
    resume(state) {
      cursor = DataCursor.resume(state, count);
      before = cursor.state;
      batches = [];
      nextOf = 0;
    },
  };
}

/** The examples of some batches, divided by size into as many others, in random order. */
function alike(drawn: readonly number[][], sizes: readonly number[], key: random.Key): number[][] {
  const sorted = drawn.flat().sort((a, b) => sizes[a]! - sizes[b]!);
  const batchSize = drawn[0]!.length;
  const ranks = new Float32Array(drawn.length);
  random.fillUniform(ranks, key);
  return Array.from(drawn, (_, i) => ({
    rank: ranks[i]!,
    rows: sorted.slice(i * batchSize, (i + 1) * batchSize),
  }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ rows }) => rows);
}
