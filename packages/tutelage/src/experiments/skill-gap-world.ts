import { random, type Tensor } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import type { SkillMistake } from '../curricula/skill-profile.js';
import type { Llama } from '../models/llama.js';
import { exactSearch } from '../search/exact.js';
import {
  drawListProblems,
  firstWrongStep,
  isRightStep,
  type ListFunction,
  listFunctionNames,
  listStepsOf,
  misunderstood,
  workedList,
} from '../tasks/verifiable/list-functions.js';
import { exactStepJudge, type StepJudge } from './step-judge.js';
import { type ListProblem, type StepWriterConfig, stepWriter } from './step-writer.js';

/** Sizes of a world in which a student is saturated and yet lacks some skills. */
export interface SkillGapWorldOptions {
  readonly student: StepWriterConfig;
  /** How many functions are rare, and the share of each among all that are applied. */
  readonly rare: { readonly count: number; readonly share: number };
  /** Problems that the student is raised on, and passes over them: in the first quarter, half of the problems show a wrong addition. */
  readonly raised: { readonly problems: number; readonly passes: number; readonly learningRate: number };
  readonly batchSize: number;
  /** Problems as frequent in their skills as those that the student was raised on. */
  readonly pool: number;
  /** Problems of all skills alike; as many of the test as are tested with skills as frequent as in the pool. */
  readonly probe: number;
  readonly validation: number;
  readonly test: number;
}

type Params = Llama<Tensor>;

/** How a student does: shares in [0, 1]. */
export interface SkillFigures {
  /** Of the problems that are answered right, step by step. */
  readonly accuracy: number;
  /** Of those that need a rare skill. */
  readonly rare: number;
  /** Of those that need none. */
  readonly frequent: number;
  /** Of problems whose skills are as frequent as in the pool. */
  readonly skewed: number;
  /** Of the steps of rare skills, and of the others, each from the list before it as the student gave it. */
  readonly rareSteps: number;
  readonly frequentSteps: number;
}

export interface SkillGapWorld {
  readonly rare: readonly ListFunction[];
  readonly pool: readonly ListProblem[];
  readonly probe: readonly ListProblem[];
  readonly base: Params;
  /** The base's mistakes in the probe as a judge of steps sees them: of each, the first functions that went wrong, three at most. */
  mistakes(judge?: StepJudge): Promise<SkillMistake[]>;
  /** For each problem of the probe, positions of the pool's nearest by the base's states. */
  neighbours(problems: readonly ListProblem[], each: number): Promise<number[][]>;
  /** The base after some passes over further problems. */
  taught(
    problems: readonly ListProblem[],
    plan: { readonly passes: number; readonly learningRate: number },
  ): Promise<Params>;
  /** Share of the validation problems that a student answers right. */
  validate(params: Params): Promise<number>;
  measure(params: Params): Promise<SkillFigures>;
  /** Whether a problem is of the probe, or to be tested on. */
  isHeldBack(id: string): boolean;
  /** Of numbers drawn for a purpose. */
  key(purpose: string): random.Key;
}

/** Functions and digits of all problems of the world. */
const shape = { depths: [2, 3], lengths: [4, 5] } as const;
const mostMissing = 3;
/** A step that is less likely right than this went wrong. */
const threshold = 0.5;

export async function skillGapWorld(options: SkillGapWorldOptions, seed: number): Promise<SkillGapWorld> {
  const own = random.foldIn(random.key(seed), 'skill gap world');
  const key = (purpose: string) => random.foldIn(own, purpose);
  const writer = stepWriter(options.student);
  const { count, share } = options.rare;
  const basic = Object.keys(misunderstood);
  const rare = random
    .stream(key('rare'))
    .shuffle(listFunctionNames.filter((name) => !basic.includes(name)))
    .slice(0, count);
  const frequent = (1 - count * share) / (listFunctionNames.length - count);
  const weightsBy = (weight: (name: ListFunction) => number) =>
    Object.fromEntries(listFunctionNames.map((name) => [name, weight(name)])) as Record<ListFunction, number>;
  const skewed = { ...shape, weights: weightsBy((name) => (rare.includes(name) ? share : frequent)) };
  const even = { ...shape, weights: weightsBy(() => 1) };
  const used = new Set<string>();
  const drawn = (size: number, how: typeof skewed, purpose: string) =>
    drawListProblems(size, how, key(purpose), used);
  const [validation, test] = [
    drawn(options.validation, even, 'validation'),
    drawn(options.test, even, 'test'),
  ];
  const skewedTest = drawn(options.test, skewed, 'skewed test');
  const probe = drawn(options.probe, even, 'probe');
  const heldBack = new Set(used);
  const shown = drawn(options.raised.problems, skewed, 'raised');
  const pool = drawn(options.pool, skewed, 'pool');

  const misled = shown.map((problem, i) =>
    i % 2 === 0 ? problem : { ...problem, target: workedList(problem.input, misunderstood) },
  );
  const { passes, learningRate } = options.raised;
  const { batchSize } = options;
  const base = await writer.learn(writer.init(key('student')), {
    passes: Array.from({ length: passes }, (_, i) => (4 * i < passes ? misled : shown)),
    batchSize,
    learningRate,
    key: key('upbringing'),
  });
  const probed = await writer.answers(base, probe);
  const marks = async (params: Params, problems: readonly ListProblem[]) => {
    const answers = await writer.answers(params, problems);
    return problems.map((problem, i) => mark(problem, answers[i]!));
  };

  return {
    rare,
    pool,
    probe,
    base,
    key,
    async mistakes(judge = exactStepJudge) {
      const steps = probe.map(({ input }, i) => listStepsOf(input, probed[i]!));
      const scores = (await judge(steps.flat())).values();
      return steps.flatMap((answer, i) => {
        const wrong = answer.filter(() => scores.next().value! < threshold).map(({ name }) => name);
        const missing = [...new Set(wrong)].slice(0, mostMissing);
        return missing.length === 0 ? [] : [{ question: probe[i]!.id, missing }];
      });
    },
    async neighbours(problems, each) {
      const search = exactSearch(await writer.embeddings(base, pool), { threads: 1 });
      const asked = await writer.embeddings(base, problems);
      const hits = await search.search(asked.data, each);
      await search.dispose();
      return hits.map(({ rows }) => [...rows]);
    },
    taught: (problems, plan) =>
      writer.learn(base, {
        passes: Array.from({ length: plan.passes }, () => problems),
        batchSize,
        learningRate: plan.learningRate,
        key: key('teaching'),
      }),
    isHeldBack: (id) => heldBack.has(id),
    validate: async (params) => mean(await marks(params, validation)),
    async measure(params) {
      const answers = await writer.answers(params, test);
      const isRare = (skill: string) => (rare as readonly string[]).includes(skill);
      const right = test.map((problem, i) => ({
        value: mark(problem, answers[i]!),
        isRare: problem.skills!.some(isRare),
      }));
      const steps = test.flatMap(({ input }, i) =>
        listStepsOf(input, answers[i]!).map((step) => ({
          value: Number(isRightStep(step)),
          isRare: isRare(step.name),
        })),
      );
      const meanOf = (rows: typeof right, rareOnes: boolean) =>
        mean(rows.filter((row) => row.isRare === rareOnes).map(({ value }) => value));
      return {
        accuracy: mean(right.map(({ value }) => value)),
        rare: meanOf(right, true),
        frequent: meanOf(right, false),
        skewed: mean(await marks(params, skewedTest)),
        rareSteps: meanOf(steps, true),
        frequentSteps: meanOf(steps, false),
      };
    },
  };
}

/** 1 for an answer of which every step is right, else 0. */
function mark({ target }: ListProblem, answer: readonly string[]): number {
  return Number(firstWrongStep(target!, answer) === undefined);
}
