import type { Json } from '../core/curriculum.js';
import { countRows, type Interactions } from '../tasks/interactions/index.js';
import { type Item, itemAt, type Tracer } from './tracer.js';

/** A model that looks at a learner's answers one after another and keeps what it needs in a state of plain data. */
export interface SequentialModel<S extends Json> {
  start(): S;
  /** Chance of a right answer, in (0, 1). */
  probability(state: S, item: Item): number;
  /** Takes an answer into the state, which is changed in place. */
  update(state: S, item: Item, response: 0 | 1): void;
  readonly parameters: Json;
}

/**
 * Goes through a learner's rows in order. Answers given together are all asked for before any is taken in, so that none tells of
 * another.
 */
export function walk<S extends Json>(
  model: Pick<SequentialModel<S>, 'start' | 'update'>,
  data: Interactions,
  learner: number,
  visit: (row: number, item: Item, state: S) => void,
): void {
  const state = model.start();
  const [begin, end] = [data.offsets[learner]!, data.offsets[learner + 1]!];
  for (let row = begin; row < end; ) {
    let after = row;
    while (after < end && data.first[after] === data.first[row]) {
      visit(after, itemAt(data, after), state);
      after += 1;
    }
    for (; row < after; row++) model.update(state, itemAt(data, row), data.response[row] === 1 ? 1 : 0);
  }
}

/** A tracer of a model that is fitted. */
export function sequentialTracer<S extends Json>(model: SequentialModel<S>): Tracer {
  return {
    async predict(data, learners) {
      const chances = new Float32Array(countRows(data, learners));
      let at = 0;
      for (const learner of learners) {
        walk(model, data, learner, (_, item, state) => {
          chances[at++] = model.probability(state, item);
        });
      }
      return chances;
    },
    follow(kept) {
      const state = kept === undefined ? model.start() : (structuredClone(kept) as S);
      return {
        probabilities: async (items) => Float32Array.from(items, (item) => model.probability(state, item)),
        answer: async (item, response) => model.update(state, item, response),
        state: () => structuredClone(state),
      };
    },
    file: () => ({
      name: 'model.json',
      content: new TextEncoder().encode(`${JSON.stringify(model.parameters)}\n`),
    }),
    dispose: async () => {},
  };
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
