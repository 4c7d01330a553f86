import { random } from '@tutelage/engine';
import { areaUnderBudgets, budgetCurve, explainedCount } from '../../assessment/budget-curve.js';
import { mean } from '../../assessment/checks.js';
import type { Arm, Measured } from '../../core/claim.js';
import type { Explanation, FactReasoner } from '../../students/fact-reasoner.js';
import { answerOf, digits, drawDigits, synonymOf } from '../../tasks/fact-world.js';
import {
  type FactClassroom,
  evidenceOf,
  hold,
  type Lessons,
  observations,
  openFactClassroom,
  placesOf,
} from '../../teachers/fact-classroom.js';
import { type InterventionRule, interventionOrder } from '../../teachers/interventions.js';
import { fittedMentalModel, topicMentalModel } from '../../teachers/mental-model.js';

const budgets = [0, 0.2, 0.4, 0.6, 0.8, 1];
const judgedBudget = 0.2;

const experiment = {
  world: { topics: 12, entities: 25, operators: 8, synonyms: 2 },
  steps: 700,
  questions: 600,
  demonstrations: 200,
  known: { student: 0.1, teacher: 0.3 },
  observed: 48,
  errors: 8,
  tuning: { steps: 50, lessons: [10, 20, 40] },
};

type Scale = typeof experiment;

/** What one seed's arms share. */
interface Lesson extends FactClassroom {
  readonly lessons: Lessons;
  readonly seen: Lessons;
  /** The same with the better model as the student. */
  readonly reversed: Lessons;
  readonly reversedSeen: Lessons;
}

/** A room is opened for one seed at a time, whose arms follow each other. */
function classrooms(scale: Scale): (seed: number) => Promise<Lesson> {
  let last: { readonly seed: number; readonly lesson: Promise<Lesson> } | undefined;
  const open = async (seed: number): Promise<Lesson> => {
    const room = await openFactClassroom(scale, seed);
    const { world, questions, demonstrations, student, teacher } = room;
    return {
      ...room,
      lessons: await hold(world, questions, student, teacher),
      seen: await hold(world, demonstrations, student, teacher),
      reversed: await hold(world, questions, teacher, student),
      reversedSeen: await hold(world, demonstrations, teacher, student),
    };
  };
  return (seed) => {
    if (last?.seed !== seed) last = { seed, lesson: open(seed) };
    return last.lesson;
  };
}

function armsOf(scale: Scale): Arm[] {
  const classroom = classrooms(scale);
  const arm = (
    id: string,
    title: string,
    measure: (lesson: Lesson, key: random.Key) => Measured | Promise<Measured>,
  ): Arm => ({
    id,
    title,
    run: async (seed) => measure(await classroom(seed), random.foldIn(random.key(seed), id)),
  });

  const curve = ({ alone, helped }: Lessons, order: readonly number[]): Measured => {
    const { accuracies } = budgetCurve(alone, helped, order, budgets);
    const at = budgets.map((budget, i) => [`at ${100 * budget} %`, accuracies[i]!]);
    return {
      value: accuracies[budgets.indexOf(judgedBudget)]!,
      figures: { ...Object.fromEntries(at), area: areaUnderBudgets({ budgets, accuracies }) },
    };
  };

  const ranked = (
    id: string,
    title: string,
    rule: InterventionRule,
    options: { observed?: number; label?: 'gold' | 'teacher'; fitted?: boolean; reversed?: boolean } = {},
  ): Arm => {
    const { observed = scale.observed, label = 'gold', fitted = false, reversed = false } = options;
    return arm(id, title, async (lesson, key) => {
      const lessons = reversed ? lesson.reversed : lesson.lessons;
      const order = await orderOf(rule, { lesson, lessons, reversed, observed, label, fitted, key });
      return curve(lessons, order);
    });
  };
  const constant = (accuracy: number): Measured => ({
    value: accuracy,
    figures: {
      ...Object.fromEntries(budgets.map((budget) => [`at ${100 * budget} %`, accuracy])),
      area: accuracy,
    },
  });

  const helpedBy = async (
    { world, questions, teacher }: Lesson,
    student: FactReasoner,
    type: ExplanationType,
    key: random.Key,
  ) => {
    const { alone } = await hold(world, questions, student, teacher);
    const order = interventionOrder(
      'random',
      { simulated: { alone, helped: alone }, student: { alone, helped: alone }, teacher: alone, aloneRight: alone },
      key,
    ).slice(0, explainedCount(judgedBudget, questions.length));
    const asked = order.map((at) => questions[at]!);
    const given = await explained(type, { world, teacher }, asked);
    const answers = await student.answer(asked, given);
    const right = answers.map(({ answer }, i) => (answer === answerOf(world, asked[i]!) ? 1 : 0));
    const before = order.map((at) => alone[at]!);
    const overall = mean(alone) + ((mean(right) - mean(before)) * asked.length) / questions.length;
    return { onExplained: mean(right), overall };
  };
  const styled = (id: string, title: string, own: boolean): Arm =>
    arm(id, title, async (lesson) => {
      const key = random.key(`${lesson.questions[0]!.entity}`);
      const { student, clumsy } = lesson;
      const types = [
        await repairing(lesson, student, scale.errors),
        await repairing(lesson, clumsy, scale.errors),
      ] as const;
      const both = [
        await helpedBy(lesson, student, own ? types[0] : types[1], key),
        await helpedBy(lesson, clumsy, own ? types[1] : types[0], key),
      ];
      return {
        value: mean(both.map(({ overall }) => overall)),
        figures: { 'on explained': mean(both.map(({ onExplained }) => onExplained)) },
      };
    });

  const tuned = (id: string, title: string, withExplanations: boolean): Arm =>
    arm(id, title, async (lesson, key) => {
      const { world, questions, demonstrations, student } = lesson;
      const order = await orderOf('utility', {
        lesson,
        lessons: lesson.seen,
        asked: demonstrations,
        reversed: false,
        observed: scale.observed,
        label: 'gold',
        fitted: false,
        key,
      });
      const chosen = order.filter((at) => at >= scale.observed);
      const figures: Record<string, number> = {};
      let value = 0;
      for (const count of scale.tuning.lessons) {
        const rows = chosen.slice(0, count);
        const lessons = rows.map((at) => ({
          question: demonstrations[at]!,
          ...(withExplanations && { explanation: lesson.seen.explanations[at]! }),
          given: withExplanations ? lesson.seen.explanations[at]! : lesson.seen.own[at]!,
          answer: lesson.seen.teacherAnswers[at]!,
        }));
        const learner = await student.tune(lessons, scale.tuning.steps);
        const answers = await learner.answer(questions, await learner.explain(questions));
        const right = answers.map(({ answer }, i) => (answer === answerOf(world, questions[i]!) ? 1 : 0));
        const taught = new Set(rows.map((at) => demonstrations[at]!.entity));
        const within = (wanted: boolean) =>
          mean(right.filter((_, i) => taught.has(questions[i]!.entity) === wanted));
        figures[`new pairs, ${count}`] = within(true);
        figures[`new entities, ${count}`] = within(false);
        value = mean(right);
      }
      return { value, figures };
    });

  return [
    ranked('random', 'at random', 'random'),
    ranked('utility', 'greatest expected utility, 48 observed', 'utility'),
    ranked('utility-4', 'greatest expected utility, 4 observed', 'utility', { observed: 4 }),
    ranked('utility-16', 'greatest expected utility, 16 observed', 'utility', { observed: 16 }),
    ranked('utility-200', 'greatest expected utility, 200 observed', 'utility', { observed: 200 }),
    ranked('utility-net', 'greatest expected utility, a fitted net', 'utility', { fitted: true }),
    ranked('utility-teacher', "greatest expected utility of the teacher's label", 'utility', { label: 'teacher' }),
    ranked('pre', 'least likely right alone', 'pre only'),
    ranked('post', 'most likely right with help', 'post only'),
    ranked('true-utility', "greatest gain in the student's own probability", 'true utility'),
    ranked('student-alone', 'least confident student', 'student alone'),
    ranked('student-helped', 'student most confident with help', 'student helped'),
    ranked('teacher', 'most confident teacher', 'teacher'),
    ranked('oracle', 'what the student gets wrong', 'oracle'),
    arm('all', 'all explained', ({ lessons }) => constant(mean(lessons.helped))),
    arm('weak-none', 'a weaker teacher: nothing explained', ({ reversed }) => constant(mean(reversed.alone))),
    ranked('weak-random', 'a weaker teacher: at random', 'random', { reversed: true }),
    ranked('weak-utility', 'a weaker teacher: greatest expected utility', 'utility', { reversed: true }),
    styled('personalised', 'explanations of the kind that repaired this student', true),
    styled('swapped', 'explanations of the kind that repaired another', false),
    arm('misleading', 'wrong explanations, least expected utility first', async (lesson, key) => {
      const { world, questions, student, lessons } = lesson;
      const order = await orderOf('utility', {
        lesson,
        lessons,
        reversed: false,
        observed: scale.observed,
        label: 'gold',
        fitted: false,
        key,
      });
      const last = order.toReversed();
      const wrong = questions.map(({ entity }) => ({ fact: world.errors[entity]! }));
      const answers = await student.answer(questions, wrong);
      const helped = answers.map(({ answer }, i) => (answer === answerOf(world, questions[i]!) ? 1 : 0));
      const misled = last.slice(0, explainedCount(judgedBudget, last.length));
      const { accuracies } = budgetCurve(lessons.alone, helped, last, [judgedBudget]);
      return { value: accuracies[0]!, figures: { 'on explained': mean(misled.map((at) => helped[at]!)) } };
    }),
    arm('guessing', 'answers drawn at random', ({ world, questions }, key) => {
      const drawn = drawDigits(questions.length, digits, key);
      const right = mean(drawn.map((digit, i) => (digit === answerOf(world, questions[i]!) ? 1 : 0)));
      return { value: right, figures: { 'on explained': right } };
    }),
    tuned('tuned-explained', 'nothing explained, taught 40 explained examples', true),
    tuned('tuned-plain', 'nothing explained, taught 40 examples without explanation', false),
  ];
}

async function orderOf(
  rule: InterventionRule,
  given: {
    readonly lesson: Lesson;
    readonly lessons: Lessons;
    readonly asked?: FactClassroom['questions'];
    readonly reversed: boolean;
    readonly observed: number;
    readonly label: 'gold' | 'teacher';
    readonly fitted: boolean;
    readonly key: random.Key;
  },
): Promise<number[]> {
  const { lesson, lessons, reversed, observed, label, fitted, key } = given;
  const { world, demonstrations } = lesson;
  const asked = given.asked ?? lesson.questions;
  const seen = reversed ? lesson.reversedSeen : lesson.seen;
  const shown = observations(world, demonstrations, seen, label).slice(0, observed);
  const { topics, entities } = world.sizes;
  const model = fitted
    ? await fittedMentalModel(shown, { topics, entities: topics * entities })
    : topicMentalModel(shown);
  return interventionOrder(rule, evidenceOf(lessons, model(placesOf(world, asked))), key);
}

type ExplanationType = 'fact' | 'operator';

function explained(
  type: ExplanationType,
  { world, teacher }: Pick<FactClassroom, 'world' | 'teacher'>,
  questions: FactClassroom['questions'],
): Promise<readonly Explanation[]> | readonly Explanation[] {
  if (type === 'fact') return teacher.explain(questions);
  return questions.map(({ operator }) => ({ operator: synonymOf(world, operator) }));
}

async function repairing(lesson: Lesson, student: FactReasoner, errors: number): Promise<ExplanationType> {
  const { world, demonstrations, teacher } = lesson;
  const { alone } = await hold(world, demonstrations, student, teacher);
  const wrong = demonstrations.filter((_, i) => alone[i] === 0).slice(0, errors);
  const repaired = async (type: ExplanationType) => {
    const answers = await student.answer(wrong, await explained(type, lesson, wrong));
    return answers.filter(({ answer }, i) => answer === answerOf(world, wrong[i]!)).length;
  };
  return (await repaired('operator')) > (await repaired('fact')) ? 'operator' : 'fact';
}

export { armsOf, experiment };
