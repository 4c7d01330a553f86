import type { Interactions } from '../tasks/interactions/index.js';
import { sequentialTracer } from './sequential.js';
import type { Item, TracerKind } from './tracer.js';

/** Answers that a mean of few is drawn towards the mean of all by. */
const prior = 5;

/** Smoothed share of right answers by number. */
function means(
  data: Interactions,
  learners: Int32Array,
  size: number,
  placesOf: (row: number) => ArrayLike<number>,
): { readonly all: number; readonly each: Float64Array } {
  const [right, count] = [new Float64Array(size), new Float64Array(size)];
  let [rights, rows] = [0, 0];
  for (const u of learners) {
    for (let row = data.offsets[u]!; row < data.offsets[u + 1]!; row++) {
      const response = data.response[row]!;
      rights += response;
      rows += 1;
      const places = placesOf(row);
      for (let i = 0; i < places.length; i++) {
        right[places[i]!]! += response;
        count[places[i]!]! += 1;
      }
    }
  }
  const all = (rights + 1) / (rows + 2);
  return { all, each: right.map((sum, i) => (sum + prior * all) / (count[i]! + prior)) };
}

/** The share of right answers, whoever is asked: what every tracer must beat. */
export function meansOf(level: 'all' | 'concept' | 'question'): TracerKind {
  return {
    id: `mean-${level}`,
    title: level === 'all' ? 'mean of all answers' : `mean of each ${level}`,
    async fit(data, { train }) {
      const { all, each } =
        level === 'question'
          ? means(data, train, data.questions.length, (row) => [data.question[row]!])
          : means(data, train, data.concepts.length, (row) => data.conceptSets[data.conceptSet[row]!]!);
      const chance = {
        all: () => all,
        question: ({ question }: Item) => each[question] ?? all,
        concept: ({ concepts }: Item) => concepts.reduce((sum, k) => sum + each[k]!, 0) / concepts.length,
      }[level];
      return sequentialTracer({
        start: () => null,
        probability: (_, item) => chance(item),
        update() {},
        parameters: { all, ...(level !== 'all' && { [level]: Array.from(each) }) },
      });
    },
  };
}
