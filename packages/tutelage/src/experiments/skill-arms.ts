import { random } from '@tutelage/engine';
import type { Arm } from '../core/claim.js';
import type { SkillMistake } from '../curricula/skill-profile.js';
import { consistent, exactly, examplesForMistakes, skillMap } from '../curricula/skill-targeted.js';
import { type ListFunction, listFunctionNames } from '../tasks/verifiable/list-functions.js';
import { problemLike, solutionWithSlips } from '../tasks/verifiable/list-teaching.js';
import { latest } from './latest.js';
import { type SkillGapWorld, type SkillGapWorldOptions, skillGapWorld } from './skill-gap-world.js';
import { type StepJudgeOptions, trainStepJudge } from './step-judge.js';
import type { ListProblem } from './step-writer.js';

/** Sizes of the experiment with list functions. */
export interface SkillExperiment {
  readonly world: SkillGapWorldOptions;
  /** Examples of each arm, and passes over them. */
  readonly examples: number;
  readonly passes: number;
  /** Each arm takes the one that is best on validation problems. */
  readonly learningRates: readonly number[];
  /** Examples to select for a mistake and skill. */
  readonly select: number;
  /** Models for a mistake and skill, problems written after them, solutions of each, and how many must agree. */
  readonly models: number;
  readonly write: number;
  readonly solutions: number;
  readonly agree: number;
  /** How often the teacher slips in a step. */
  readonly slip: number;
  readonly judge: StepJudgeOptions;
}

/** What an arm learns from; nothing where the student is not taught. */
type Choice = (
  place: SkillGapWorld,
  sizes: SkillExperiment,
) => Promise<readonly ListProblem[]> | readonly ListProblem[];

const selected = (
  { pool, key }: SkillGapWorld,
  mistakes: readonly SkillMistake[],
  { select, examples }: SkillExperiment,
): ListProblem[] => {
  const map = skillMap(pool.map(({ skills }) => skills!));
  const needs = examplesForMistakes(mistakes, map, select, key('select'));
  const chosen = needs.flatMap((need) => need.examples.map((at) => pool[at]!));
  return exactly(chosen, examples, key('kept'));
};

/** New problems for mistakes and skills, each with those of a teacher's solutions that agree. */
function written(
  { pool, key, isHeldBack }: SkillGapWorld,
  mistakes: readonly SkillMistake[],
  { models, write, solutions, agree, slip, examples }: SkillExperiment,
): ListProblem[] {
  const map = skillMap(pool.map(({ skills }) => skills!));
  const dice = random.stream(key('writing'));
  const needs = examplesForMistakes(mistakes, map, models, key('models'));
  const pairs = needs.flatMap((need) =>
    Array.from({ length: write }, () => {
      const problem = problemLike(
        need.examples.map((at) => pool[at]!),
        need.skill as ListFunction,
        dice,
      );
      if (isHeldBack(problem.id)) return [];
      const solved = Array.from({ length: solutions }, () => solutionWithSlips(problem.input, slip, dice));
      const kept = consistent(
        solved.map(({ answer }) => answer),
        agree,
      );
      return kept.map((at) => ({ ...problem, target: solved[at]! }));
    }).flat(),
  );
  return exactly(pairs, examples, key('kept'));
}

/** The mistakes of a student with other gaps: every skill stands for another, the rare ones for frequent ones. */
function ofAnother(mistakes: readonly SkillMistake[], { rare, key }: SkillGapWorld): SkillMistake[] {
  const frequent = listFunctionNames.filter((name) => !rare.includes(name));
  const circle: readonly string[] = [...rare, ...random.stream(key('another')).shuffle(frequent)];
  const next = (skill: string) => circle[(circle.indexOf(skill) + rare.length) % circle.length]!;
  return mistakes.map(({ question, missing }) => ({ question, missing: missing.map(next) }));
}

const some = (place: SkillGapWorld, count: number) => exactly(place.pool, count, place.key('uniform'));

const choices: Record<string, { readonly title: string; readonly choice: Choice }> = {
  base: { title: 'not taught further', choice: () => [] },
  uniform: { title: 'drawn from the pool', choice: (place, { examples }) => some(place, examples) },
  'uniform-few': {
    title: 'drawn from the pool, as few different problems as selected',
    async choice(place, sizes) {
      const distinct = new Set(selected(place, await place.mistakes(), sizes)).size;
      return exactly(some(place, distinct), sizes.examples, place.key('again'));
    },
  },
  hardest: {
    title: 'the longest problems',
    choice({ pool, key }, { examples }) {
      const length = ({ input }: ListProblem) => input.split(' ').length;
      const longest = Math.max(...pool.map(length));
      return exactly(
        pool.filter((problem) => length(problem) === longest),
        examples,
        key('hardest'),
      );
    },
  },
  neighbours: {
    title: 'nearest to the mistakes by embeddings',
    async choice(place, { select, examples }) {
      const mistakes = await place.mistakes();
      const byId = new Map(place.probe.map((problem) => [problem.id, problem]));
      const most = select * Math.max(...mistakes.map(({ missing }) => missing.length));
      const near = await place.neighbours(
        mistakes.map(({ question }) => byId.get(question)!),
        most,
      );
      const chosen = mistakes.flatMap(({ missing }, i) => near[i]!.slice(0, select * missing.length));
      return exactly(
        chosen.map((at) => place.pool[at]!),
        examples,
        place.key('kept'),
      );
    },
  },
  select: {
    title: 'selected by missing skills (STAT-Sel)',
    choice: async (place, sizes) => selected(place, await place.mistakes(), sizes),
  },
  'select-judged': {
    title: 'STAT-Sel, steps judged by a small classifier',
    async choice(place, sizes) {
      const judge = await trainStepJudge(sizes.judge, place.key('judge'));
      return selected(place, await place.mistakes(judge), sizes);
    },
  },
  'select-wrong': {
    title: "STAT-Sel, by another student's profile",
    choice: async (place, sizes) => selected(place, ofAnother(await place.mistakes(), place), sizes),
  },
  synthesize: {
    title: 'written for missing skills (STAT-Syn)',
    choice: async (place, sizes) => written(place, await place.mistakes(), sizes),
  },
  'synthesize-any': {
    title: 'written by the same teacher for no skill in particular',
    async choice(place, sizes) {
      const dice = random.stream(place.key('any'));
      const mistakes = await place.mistakes();
      const any = mistakes.map(({ question, missing }) => ({
        question,
        missing: missing.map(() => dice.pick(dice.pick(place.pool).skills!)),
      }));
      return written(place, any, sizes);
    },
  },
};

/** The experiment's arms, which differ in what the same student learns further. */
export function skillArms(sizes: SkillExperiment): Arm[] {
  const worlds = latest((seed) => skillGapWorld(sizes.world, seed));
  return Object.entries(choices).map(([id, { title, choice }]) => ({
    id,
    title,
    async run(seed) {
      const place = await worlds(seed);
      const problems = await choice(place, sizes);
      let best = { student: place.base, right: -1, rate: 0 };
      for (const learningRate of problems.length === 0 ? [] : sizes.learningRates) {
        const student = await place.taught(problems, { passes: sizes.passes, learningRate });
        const right = await place.validate(student);
        if (right > best.right) best = { student, right, rate: learningRate };
      }
      const { accuracy: value, ...figures } = await place.measure(best.student);
      const isRare = (skill: string) => (place.rare as readonly string[]).includes(skill);
      return {
        value,
        figures: {
          ...figures,
          'different problems': new Set(problems.map((problem) => problem.id)).size,
          'problems with a rare skill': problems.filter(({ skills }) => skills!.some(isRare)).length,
          'learning rate': best.rate,
        },
      };
    },
  }));
}
