import { random } from '@tutelage/engine';
import { type Explanation, type FactReasoner, raiseFactReasoner } from '../students/fact-reasoner.js';
import {
  answerOf,
  beliefs,
  type FactQuestion,
  type FactWorld,
  type FactWorldSizes,
  factQuestions,
  factWorld,
  topicOf,
} from '../tasks/fact-world.js';
import type { InterventionEvidence } from './interventions.js';
import type { Observation, Simulated } from './mental-model.js';

export interface ClassroomSizes {
  readonly world: FactWorldSizes;
  /** Training steps of each model. */
  readonly steps: number;
  readonly questions: number;
  /** Further questions, of which the teacher sees how the student does. */
  readonly demonstrations: number;
  /** The least that the student and the teacher know of a topic, shares of its entities. */
  readonly known: { readonly student: number; readonly teacher: number };
}

/** Three models of one fact world, and the questions that they are asked. */
export interface FactClassroom {
  readonly world: FactWorld;
  readonly questions: readonly FactQuestion[];
  readonly demonstrations: readonly FactQuestion[];
  /** Knows part of the facts and every operator. */
  readonly student: FactReasoner;
  /** Knows other facts, more of them as a rule. */
  readonly teacher: FactReasoner;
  /** Knows all facts, but not the operators that have a synonym. */
  readonly clumsy: FactReasoner;
}

export async function openFactClassroom(sizes: ClassroomSizes, seed: number): Promise<FactClassroom> {
  const key = random.foldIn(random.key(seed), 'fact classroom');
  const world = factWorld(sizes.world, key);
  const all = factQuestions(world, random.foldIn(key, 'questions'));
  const { operators, synonyms } = sizes.world;
  const raise = (name: string, believed: readonly number[], known = operators) =>
    raiseFactReasoner(world, { believed, operators: known, steps: sizes.steps }, random.foldIn(key, name));
  return {
    world,
    questions: all.slice(0, sizes.questions),
    demonstrations: all.slice(sizes.questions, sizes.questions + sizes.demonstrations),
    student: await raise('student', beliefs(world, sizes.known.student, random.foldIn(key, 'student'))),
    teacher: await raise('teacher', beliefs(world, sizes.known.teacher, random.foldIn(key, 'teacher'))),
    clumsy: await raise('clumsy', world.facts, operators - synonyms),
  };
}

/** What a student and a teacher make of questions, and what the student makes of the teacher's explanations. */
export interface Lessons {
  readonly explanations: readonly Explanation[];
  readonly own: readonly Explanation[];
  readonly teacherAnswers: readonly number[];
  /** 1 where right, else 0. */
  readonly alone: readonly number[];
  readonly helped: readonly number[];
  /** 1 where the student answers as the teacher does. */
  readonly aloneAgrees: readonly number[];
  readonly helpedAgrees: readonly number[];
  readonly probabilities: Pick<InterventionEvidence, 'student' | 'teacher'>;
}

export async function hold(
  world: FactWorld,
  questions: readonly FactQuestion[],
  student: FactReasoner,
  teacher: FactReasoner,
): Promise<Lessons> {
  const explanations = await teacher.explain(questions);
  const own = await student.explain(questions);
  const taught = await teacher.answer(questions, explanations);
  const alone = await student.answer(questions, own);
  const helped = await student.answer(questions, explanations);
  const labels = questions.map((question) => answerOf(world, question));
  const teacherAnswers = taught.map(({ answer }) => answer);
  const agree = (given: typeof alone, wanted: readonly number[]) =>
    given.map(({ answer }, i) => (answer === wanted[i] ? 1 : 0));
  const chance = (given: typeof alone) => given.map(({ probabilities }, i) => probabilities[labels[i]!]!);
  return {
    explanations,
    own,
    teacherAnswers,
    alone: agree(alone, labels),
    helped: agree(helped, labels),
    aloneAgrees: agree(alone, teacherAnswers),
    helpedAgrees: agree(helped, teacherAnswers),
    probabilities: { student: { alone: chance(alone), helped: chance(helped) }, teacher: chance(taught) },
  };
}

/** Where questions stand in the world, for a mental model. */
export function placesOf(world: FactWorld, questions: readonly FactQuestion[]) {
  return questions.map((question) => ({ topic: topicOf(world, question), entity: question.entity }));
}

/** What the teacher sees of the student on demonstrations: whether it is right, or whether it agrees with the teacher. */
export function observations(
  world: FactWorld,
  demonstrations: readonly FactQuestion[],
  lessons: Lessons,
  label: 'gold' | 'teacher',
): Observation[] {
  const [alone, helped] =
    label === 'gold' ? [lessons.alone, lessons.helped] : [lessons.aloneAgrees, lessons.helpedAgrees];
  return placesOf(world, demonstrations).map((place, i) => ({
    ...place,
    alone: alone[i]!,
    helped: helped[i]!,
  }));
}

export function evidenceOf(lessons: Lessons, simulated: Simulated): InterventionEvidence {
  return { simulated, ...lessons.probabilities, aloneRight: lessons.alone };
}
