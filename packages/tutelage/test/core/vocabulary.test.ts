import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  type Curriculum,
  defineMethod,
  type Example,
  type Generator,
  type Learner,
  type Metric,
  type Preference,
  type SignalOf,
  type Student,
  type Task,
  type Teacher,
} from '../../src/core/index.js';

/*
 * Eight very different methods, stated in the vocabulary without a cast or a special case. What is tested is that this
 * compiles; the functions are never called.
 */

interface Picture {
  readonly pixels: Uint8Array;
}
type LabelMap = Uint8Array;

/** Segmentation: the teacher sees a noised label beside the picture and gives logits for every pixel. */
function labelAssisted(teacher: Teacher<Picture & { noised: LabelMap }, LabelMap, 'logits'>) {
  return defineMethod({
    id: 'label-assisted',
    room: 'distillation',
    paper: { card: 1, title: 'Make a Strong Teacher with Label Assistance', year: 2024, arxiv: '2407.13254' },
    teaches: 'a small segmenter',
    params: z.object({
      temperature: z.number().positive().default(4).describe('softens the maps of the teacher'),
    }),
    run: async (task: Task<Picture, LabelMap>, { temperature }, { seed }) => {
      const [first] = await task.train.toArray();
      const given = first?.target ?? new Uint8Array();
      const input = { pixels: first?.input.pixels ?? new Uint8Array(), noised: given };
      const [logits] = await teacher.teach([{ example: { id: 'a', input } }]);
      return { seed, softened: logits?.values.map((v) => v / temperature) };
    },
  });
}

interface Passage {
  readonly query: string;
  readonly document: string;
}

/** Retrieval: two teachers of different kinds, and batches as the curriculum. */
interface TasBalanced {
  readonly pairwise: Teacher<Passage, number, 'score'>;
  readonly inBatch: Teacher<string, readonly string[], 'ranking'>;
  readonly batches: Curriculum<{ readonly queries: readonly string[] }, { readonly loss: number }>;
  readonly student: Learner<string, Float32Array, { readonly queries: readonly string[] }>;
}

/** Environments: a teacher of parameters is a curriculum over a generator. */
interface AlpGmm {
  readonly world: Generator<
    { readonly track: Float32Array },
    never,
    { readonly height: number; readonly gap: number }
  >;
  readonly teacher: Curriculum<
    { readonly height: number; readonly gap: number },
    { readonly episodeReturn: number }
  >;
  readonly student: Student<{ readonly track: Float32Array }, { readonly torque: Float32Array }>;
}

/** Preferences, from easy pairs to hard ones. */
interface CurryDpo {
  readonly judge: Teacher<string, string, 'preference'>;
  readonly order: Curriculum<readonly Example<string, Preference<string>>[], { readonly accuracy: number }>;
}

/** Policy rollouts: rewards from a verifier, guidance from another model's solutions. */
interface MultiGuidance {
  readonly task: Task<string, string> & { readonly verify: (input: string, answer: string) => boolean };
  readonly verifier: Teacher<string, string, 'reward'>;
  readonly guides: readonly Teacher<string, string, 'examples'>[];
  readonly policy: Learner<
    string,
    string,
    { readonly rollouts: readonly string[]; readonly advantages: Float32Array }
  >;
}

type Rubric = readonly ('question' | 'confused' | 'pedagogical' | 'personal')[];

/** Annotation: a language model labels with several labels, and a small student takes over. */
interface Sight {
  readonly annotator: Teacher<string, Rubric, 'label'>;
  readonly agreement: Metric<Rubric, Rubric>;
}

/** A prompted student learns in context; the teacher explains where its budget is best spent. */
interface TheoryOfMind {
  readonly student: Learner<
    string,
    { readonly answer: string; readonly confidence: number },
    { readonly demonstration: string }
  >;
  readonly teacher: Teacher<string, string, 'text'>;
  readonly spend: Curriculum<{ readonly explain: boolean }, { readonly gain: number }>;
}

interface Interaction {
  readonly skill: string;
  readonly correct: boolean;
}

/** People: a history of answers is the input, the next answer's chance the output. */
interface KnowledgeTracing {
  readonly task: Task<readonly Interaction[], boolean, number>;
  readonly tracer: Learner<
    readonly Interaction[],
    number,
    readonly Example<readonly Interaction[], boolean>[]
  >;
  readonly practice: Curriculum<{ readonly skill: string }, Interaction>;
}

test('a signal of each kind has the type that its teacher gives', () => {
  const signal: SignalOf<string, string>['preference'] = { chosen: 'a', rejected: 'b' };
  expect(signal.chosen).toBe('a');
  type Stated = [TasBalanced, AlpGmm, CurryDpo, MultiGuidance, Sight, TheoryOfMind, KnowledgeTracing];
  const stated: Stated['length'] = 7;
  expect(stated).toBe(7);
  expect(labelAssisted.length).toBe(1);
});
