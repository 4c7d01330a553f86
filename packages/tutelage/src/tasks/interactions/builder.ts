import { growingColumn } from './growing.js';
import type { Interactions } from './interactions.js';
import { nameTable } from './names.js';
import { sequenced } from './sequenced.js';

/** One answer as a file tells of it. */
export interface Answer {
  readonly learner: string;
  readonly question: string;
  /** Names of concepts with the builder's separator between them; the question is its own concept where it is left out. */
  readonly concepts?: string | undefined;
  readonly response: 0 | 1;
  /** What puts a learner's answers in order, usually milliseconds since 1970; the order of adding where it is left out. */
  readonly order?: number | undefined;
  /** Milliseconds. */
  readonly duration?: number | undefined;
  /** Answers of one learner with the same name here were given together. */
  readonly together?: string | undefined;
}

/** What was done to the answers on the way to sequences. */
export interface Preparation {
  /** Learners whose answers were not in the order of time. */
  readonly unordered: number;
  /** Rows that repeat another one. */
  readonly duplicates: number;
  /** Rows that tell of a further concept of the same answer. */
  readonly merged: number;
  /** Learners left out because they gave too few answers. */
  readonly short: number;
}

export interface BuilderOptions {
  /** Between the names of several concepts. */
  readonly separator?: string;
  /** Whether `order` is a time, which every answer then has, to be kept. */
  readonly timed: boolean;
  /** Whether equal order, learner and question mean one answer, told once for each of its concepts. */
  readonly expanded?: boolean;
  /** Fewest answers of a learner. */
  readonly shortest: number;
}

/** Collects answers in any order and makes sequences of them: about 33 bytes an answer while it grows. */
export interface InteractionsBuilder {
  readonly rows: number;
  add(answer: Answer): void;
  /** Puts a learner into a fold that the data come with. @returns false if it is in another one already */
  assign(learner: string, fold: number): boolean;
  finish(): { readonly interactions: Interactions; readonly preparation: Preparation };
}

export function interactionsBuilder(options: BuilderOptions): InteractionsBuilder {
  const { separator = '_' } = options;
  const [learners, questions, concepts, sets, groups] = [
    nameTable(),
    nameTable(),
    nameTable(),
    nameTable(),
    nameTable(),
  ];
  const conceptSets: Int32Array[] = [];
  const folds = new Map<number, number>();
  const columns = {
    learner: growingColumn((n) => new Int32Array(n)),
    question: growingColumn((n) => new Int32Array(n)),
    conceptSet: growingColumn((n) => new Int32Array(n)),
    response: growingColumn((n) => new Uint8Array(n)),
    order: growingColumn((n) => new Float64Array(n)),
    duration: growingColumn((n) => new Float32Array(n)),
    group: growingColumn((n) => new Int32Array(n)),
  };
  let lasts = false;

  const setOf = (key: string): number => {
    const set = sets.add(key);
    if (set === conceptSets.length) {
      const names = new Set(key.split(separator).map((name) => name.trim()));
      conceptSets.push(Int32Array.from(names, concepts.add).sort());
    }
    return set;
  };

  return {
    get rows() {
      return columns.response.length;
    },
    add({ learner, question, concepts: key = question, response, order, duration, together }) {
      columns.learner.push(learners.add(learner));
      columns.question.push(questions.add(question));
      columns.conceptSet.push(setOf(key));
      columns.response.push(response);
      columns.order.push(order ?? columns.response.length);
      columns.duration.push(duration ?? Number.NaN);
      columns.group.push(together === undefined ? -1 : groups.add(together));
      lasts ||= duration !== undefined;
    },
    assign(learner, fold) {
      const number = learners.add(learner);
      const known = folds.get(number) ?? fold;
      folds.set(number, known);
      return known === fold;
    },
    finish: () =>
      sequenced({
        columns,
        learners: learners.list,
        questions: questions.list,
        concepts: concepts.list,
        conceptSets,
        folds: folds.size > 0 ? folds : undefined,
        lasts,
        options,
      }),
  };
}
