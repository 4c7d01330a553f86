import { random } from '@tutelage/engine';
import { areaUnderBudgets, budgetCurve, byDescending, explainedCount } from '../assessment/budget-curve.js';
import { mean } from '../assessment/checks.js';
import type { Arm, Measured } from '../core/claim.js';
import { answerOf, digits, drawDigits } from '../tasks/fact-world.js';
import { type InterventionRule, interventionOrder, utilities } from '../teachers/interventions.js';
import {
  type ClassroomSizes,
  evidenceOf,
  type FactClassroom,
  type MentalModelOptions,
  openFactClassroom,
} from './fact-classroom.js';
import { explainedFirst, misled, repairingKind, tuned } from './fact-explanations.js';

/** An experiment in a fact world. */
export interface FactExperiment extends ClassroomSizes {
  /** Demonstrations that the mental model is made of. */
  readonly observed: number;
  readonly budgets: readonly number[];
  /** The one of the budgets that is the metric. */
  readonly judgedBudget: number;
  /** A student's errors that tell its teacher which kind of explanation to give. */
  readonly errors: number;
  readonly tuning: {
    readonly lessons: readonly number[];
    readonly steps: number;
    readonly rates: { readonly explained: number; readonly plain: number };
  };
}

/** The arms of a seed follow each other and share its models. */
function rooms(scale: ClassroomSizes): (seed: number) => Promise<FactClassroom> {
  let last: { readonly seed: number; readonly room: Promise<FactClassroom> } | undefined;
  return (seed) => {
    if (last?.seed !== seed) last = { seed, room: openFactClassroom(scale, seed) };
    return last.room;
  };
}

/** The ways of choosing questions to explain, and what explanations do beyond them, in the order of the claim. */
export function factArms(scale: FactExperiment): Arm[] {
  const { budgets, judgedBudget, errors, tuning } = scale;
  const mentalModel: MentalModelOptions = { observed: scale.observed, label: 'gold', fitted: false };
  const room = rooms(scale);
  const judged = explainedCount(judgedBudget, scale.questions);
  const measuredAt = (accuracies: readonly number[]): Measured => ({
    value: accuracies[budgets.indexOf(judgedBudget)]!,
    figures: {
      ...Object.fromEntries(budgets.map((budget, i) => [`at ${Math.round(100 * budget)} %`, accuracies[i]!])),
      area: areaUnderBudgets({ budgets, accuracies }),
    },
  });
  const constant = (accuracy: number) => measuredAt(budgets.map(() => accuracy));
  const arm = (
    id: string,
    title: string,
    measure: (own: FactClassroom, seed: number) => Promise<Measured>,
  ): Arm => ({
    id,
    title,
    run: async (seed) => measure(await room(seed), seed),
  });

  const ranked = (
    id: string,
    title: string,
    rule: InterventionRule,
    {
      direction = 'forward',
      ...options
    }: Partial<MentalModelOptions> & { direction?: 'forward' | 'reversed' } = {},
  ): Arm =>
    arm(id, title, async (own, seed) => {
      const taught = own[direction];
      const evidence = await evidenceOf(own, taught, { ...mentalModel, ...options });
      const order = interventionOrder(rule, evidence, random.key(seed));
      const { alone, helped } = taught.questions;
      return measuredAt(budgetCurve(alone, helped, order, budgets).accuracies);
    });

  const styled = (id: string, title: string, isOwn: boolean): Arm =>
    arm(id, title, async (own) => {
      const students = [own.student, own.clumsy];
      const kinds = await Promise.all(students.map((student) => repairingKind(own, student, errors)));
      if (!isOwn) kinds.reverse();
      const both = [
        await explainedFirst(own, own.student, kinds[0]!, judged),
        await explainedFirst(own, own.clumsy, kinds[1]!, judged),
      ];
      return {
        value: mean(both.map(({ overall }) => overall)),
        figures: { 'on explained': mean(both.map(({ onExplained }) => onExplained)) },
      };
    });

  const tunedOn = (id: string, title: string, explained: boolean): Arm =>
    arm(id, title, async (own, seed) => {
      const evidence = await evidenceOf(own, own.forward, mentalModel, 'demonstrations');
      const order = interventionOrder('utility', evidence, random.key(seed));
      const unseen = order.filter((at) => at >= mentalModel.observed);
      const figures: Record<string, number> = {};
      let value = 0;
      for (const count of tuning.lessons) {
        const learningRate = tuning.rates[explained ? 'explained' : 'plain'];
        const right = await tuned(own, unseen.slice(0, count), {
          explained,
          steps: tuning.steps,
          learningRate,
        });
        figures[`new pairs, ${count} taught`] = right.taughtEntities;
        figures[`new entities, ${count} taught`] = right.otherEntities;
        value = right.all;
      }
      return { value, figures };
    });

  return [
    ranked('random', 'at random', 'random'),
    ranked('utility', 'expected utility', 'utility'),
    ranked('utility-4', 'expected utility, 4 observed', 'utility', { observed: 4 }),
    ranked('utility-16', 'expected utility, 16 observed', 'utility', { observed: 16 }),
    ranked('utility-200', 'expected utility, 200 observed', 'utility', { observed: 200 }),
    ranked('utility-net', 'expected utility by a fitted net', 'utility', { fitted: true }),
    ranked('utility-teacher', "expected utility of the teacher's label", 'utility', { label: 'teacher' }),
    ranked('pre', 'least likely right alone', 'pre only'),
    ranked('post', 'most likely right with help', 'post only'),
    ranked('true-utility', "gain in the student's own probability", 'true utility'),
    ranked('student-alone', 'least confident student', 'student alone'),
    ranked('student-helped', 'student most confident with help', 'student helped'),
    ranked('teacher', 'most confident teacher', 'teacher'),
    ranked('oracle', 'what the student gets wrong', 'oracle'),
    arm('all', 'all explained', async ({ forward }) => constant(mean(forward.questions.helped))),
    arm('weak-none', 'weaker teacher: silent', async ({ reversed }) =>
      constant(mean(reversed.questions.alone)),
    ),
    ranked('weak-random', 'weaker teacher: at random', 'random', { direction: 'reversed' }),
    ranked('weak-utility', 'weaker teacher: expected utility', 'utility', { direction: 'reversed' }),
    styled('personalised', 'explanations of the kind that repaired this student', true),
    styled('swapped', 'explanations of the kind that repaired another student', false),
    arm('misleading', 'wrong explanations, least utility first', async (own) => {
      const evidence = await evidenceOf(own, own.forward, mentalModel);
      const order = byDescending(utilities(evidence.simulated)).toReversed();
      const right = await misled(own, own.student);
      const { accuracies } = budgetCurve(own.forward.questions.alone, right, order, [judgedBudget]);
      const onExplained = mean(order.slice(0, judged).map((at) => right[at]!));
      return { value: accuracies[0]!, figures: { 'on explained': onExplained } };
    }),
    arm('guessing', 'answers drawn at random', async ({ world, questions }, seed) => {
      const drawn = drawDigits(questions.length, digits, random.key(seed));
      const right = mean(questions.map((question, i) => (answerOf(world, question) === drawn[i] ? 1 : 0)));
      return { value: right, figures: { 'on explained': right } };
    }),
    tunedOn('tuned-explained', 'no help, 40 explained examples learned', true),
    tunedOn('tuned-plain', 'no help, 40 plain examples learned', false),
  ];
}
