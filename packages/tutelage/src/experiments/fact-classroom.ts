import { random } from '@tutelage/engine';
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
import type { InterventionEvidence } from '../teachers/interventions.js';
import { fittedMentalModel, type Observation, topicMentalModel } from '../teachers/mental-model.js';
import { type Explanation, type FactReasoner, raiseFactReasoner } from './fact-reasoner.js';

export interface ClassroomSizes {
  readonly world: FactWorldSizes;
  /** Training steps of each model. */
  readonly steps: number;
  readonly questions: number;
  /** Further questions, on which the teacher sees how the student does. */
  readonly demonstrations: number;
  /** The least that student and teacher know of a topic, as shares of its entities. */
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
  /** The teacher teaches the student. */
  readonly forward: Taught;
  /** The student teaches the teacher. */
  readonly reversed: Taught;
}

/** What came of the questions, and of the demonstrations. */
export interface Taught {
  readonly questions: Answered;
  readonly demonstrations: Answered;
}

/** What a student and a teacher make of questions, and the student of the teacher's explanations. */
export interface Answered {
  /** The teacher's, and the student's own. */
  readonly explanations: readonly Explanation[];
  readonly own: readonly Explanation[];
  readonly teacherAnswers: readonly number[];
  /** 1 where the student is right, else 0. */
  readonly alone: readonly number[];
  readonly helped: readonly number[];
  /** 1 where it answers as the teacher does, else 0. */
  readonly aloneAgrees: readonly number[];
  readonly helpedAgrees: readonly number[];
  /** Of the right answer. */
  readonly probabilities: Pick<InterventionEvidence, 'student' | 'teacher'>;
}

export async function openFactClassroom(sizes: ClassroomSizes, seed: number): Promise<FactClassroom> {
  const key = random.foldIn(random.key(seed), 'fact classroom');
  const world = factWorld(sizes.world, key);
  const all = factQuestions(world, random.foldIn(key, 'questions'));
  const questions = all.slice(0, sizes.questions);
  const demonstrations = all.slice(sizes.questions, sizes.questions + sizes.demonstrations);
  const { operators, synonyms } = sizes.world;
  const raise = (name: string, believed: readonly number[], known = operators) =>
    raiseFactReasoner(world, { believed, operators: known, steps: sizes.steps }, random.foldIn(key, name));
  const student = await raise(
    'student',
    beliefs(world, sizes.known.student, random.foldIn(key, 'student knows')),
  );
  const teacher = await raise(
    'teacher',
    beliefs(world, sizes.known.teacher, random.foldIn(key, 'teacher knows')),
  );
  const clumsy = await raise('clumsy', world.facts, operators - synonyms);
  const taught = async (learner: FactReasoner, explainer: FactReasoner): Promise<Taught> => ({
    questions: await answered(world, questions, learner, explainer),
    demonstrations: await answered(world, demonstrations, learner, explainer),
  });
  return {
    world,
    questions,
    demonstrations,
    student,
    teacher,
    clumsy,
    forward: await taught(student, teacher),
    reversed: await taught(teacher, student),
  };
}

async function answered(
  world: FactWorld,
  questions: readonly FactQuestion[],
  student: FactReasoner,
  teacher: FactReasoner,
): Promise<Answered> {
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

export interface MentalModelOptions {
  /** Demonstrations that the teacher has seen. */
  readonly observed: number;
  /** What counts as right to it: the true answer, or its own. */
  readonly label: 'gold' | 'teacher';
  /** A net that is fitted to topics and entities, in place of each topic's share. */
  readonly fitted: boolean;
}

/** What a teacher knows of the questions, or of the demonstrations, after it has seen the first demonstrations. */
export async function evidenceOf(
  { world, questions, demonstrations }: FactClassroom,
  taught: Taught,
  { observed, label, fitted }: MentalModelOptions,
  asked: keyof Taught = 'questions',
): Promise<InterventionEvidence> {
  const places = (of: readonly FactQuestion[]) =>
    of.map((question) => ({ topic: topicOf(world, question), entity: question.entity }));
  const { alone, helped, aloneAgrees, helpedAgrees } = taught.demonstrations;
  const seen = places(demonstrations.slice(0, observed)).map(
    (place, i): Observation => ({
      ...place,
      alone: (label === 'gold' ? alone : aloneAgrees)[i]!,
      helped: (label === 'gold' ? helped : helpedAgrees)[i]!,
    }),
  );
  const { topics, entities } = world.sizes;
  const simulate = fitted
    ? await fittedMentalModel(seen, { topics, entities: topics * entities })
    : topicMentalModel(seen);
  return {
    simulated: simulate(places(asked === 'questions' ? questions : demonstrations)),
    ...taught[asked].probabilities,
    aloneRight: taught[asked].alone,
  };
}
