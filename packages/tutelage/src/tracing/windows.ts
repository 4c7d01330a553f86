import { type Tensor, tensor } from '@tutelage/engine';
import type { TracingInputs } from '../models/tracing/net.js';
import type { Interactions } from '../tasks/interactions/index.js';

/**
 * What an estimate may look at. By answers: nothing of the answer itself, nor of those given together with it. By rows, each row of an
 * answer with several concepts sees the rows before it, which tell the answer: estimates then are far too good, which is only of use
 * to show how much.
 */
export type Grouping = 'answers' | 'rows';

/** A stretch of one learner's answers, one row for each concept of an answer. */
export interface Window {
  /** The row of the data that each row belongs to. */
  readonly row: Int32Array;
  readonly concept: Int32Array;
  /** How many rows of the window may be looked at, from its first. */
  readonly before: Int32Array;
  /** The first row whose estimate counts; those before it are history. */
  readonly scored: number;
}

/** All of a learner's answers, one row for each concept. */
function expanded(data: Interactions, learner: number, grouping: Grouping): Omit<Window, 'scored'> {
  const [row, concept, before]: [number[], number[], number[]] = [[], [], []];
  const [begin, end] = [data.offsets[learner]!, data.offsets[learner + 1]!];
  let visible = 0;
  for (let at = begin; at < end; at++) {
    if (data.first[at] === at) visible = row.length;
    for (const k of data.conceptSets[data.conceptSet[at]!]!) {
      before.push(grouping === 'answers' ? visible : row.length);
      row.push(at);
      concept.push(k);
    }
  }
  return { row: Int32Array.from(row), concept: Int32Array.from(concept), before: Int32Array.from(before) };
}

/**
 * Cuts a learner's answers into windows of at most `steps` rows in which every row counts once. Those behind the first window begin
 * `stride` rows after the one before, so that what counts has at least `steps - stride` rows of history; with a stride of `steps`
 * nothing overlaps, as in training.
 *
 * @param stride 1 to steps
 */
export function windowsOf(
  data: Interactions,
  learner: number,
  {
    steps,
    stride,
    grouping,
  }: { readonly steps: number; readonly stride: number; readonly grouping: Grouping },
): Window[] {
  const all = expanded(data, learner, grouping);
  const windows: Window[] = [];
  for (let start = 0, counted = 0; counted < all.row.length; start += stride) {
    const end = Math.min(start + steps, all.row.length);
    windows.push({
      row: all.row.subarray(start, end),
      concept: all.concept.subarray(start, end),
      before: all.before.subarray(start, end).map((n) => Math.max(0, n - start)),
      scored: counted - start,
    });
    counted = end;
  }
  return windows;
}

/** Inputs of a net with, for the loss, responses and the weight of each row as float32. */
export type TracingBatch = TracingInputs<Tensor> & { readonly target: Tensor; readonly weight: Tensor };

/** Windows as tensors [size, steps], filled up with rows of weight 0. */
export function batchOf(
  data: Pick<Interactions, 'question' | 'response'>,
  windows: readonly Window[],
  size: number,
  steps: number,
): TracingBatch {
  const integers = () => new Int32Array(size * steps);
  const columns = { concept: integers(), question: integers(), response: integers(), before: integers() };
  const weight = new Float32Array(size * steps);
  windows.forEach((window, i) => {
    const at = i * steps;
    columns.concept.set(window.concept, at);
    columns.before.set(window.before, at);
    columns.question.set(
      window.row.map((row) => data.question[row]!),
      at,
    );
    columns.response.set(
      window.row.map((row) => data.response[row]!),
      at,
    );
    weight.fill(1, at + window.scored, at + window.row.length);
  });
  const shaped = (values: Int32Array | Float32Array) => tensor(values, [size, steps]);
  return {
    concept: shaped(columns.concept),
    question: shaped(columns.question),
    response: shaped(columns.response),
    before: shaped(columns.before),
    target: shaped(Float32Array.from(columns.response)),
    weight: shaped(weight),
  };
}

/** Windows in batches of one length each, from short to long, so that little is filled up. */
export function batched(
  windows: readonly Window[],
  size: number,
  steps: number,
): { readonly windows: readonly Window[]; readonly steps: number }[] {
  const lengths = [...new Set([8, 4, 2, 1].map((part) => Math.ceil(steps / part)))];
  return lengths.flatMap((length, i) => {
    const shorter = lengths[i - 1] ?? 0;
    const own = windows.filter(({ row }) => row.length > shorter && row.length <= length);
    return Array.from({ length: Math.ceil(own.length / size) }, (_, b) => ({
      windows: own.slice(b * size, (b + 1) * size),
      steps: length,
    }));
  });
}
