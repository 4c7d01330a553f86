import { mean } from '../assessment/checks.js';
import { answerOf, type FactQuestion, synonymOf } from '../tasks/fact-world.js';
import type { FactClassroom } from './fact-classroom.js';
import type { Explanation, FactReasoner } from './fact-reasoner.js';

/** What a teacher speaks of: the entity's fact, or another name of the operator. */
export type ExplanationKind = 'fact' | 'operator';

/** The kind that more often turns a student's first errors on the demonstrations right; facts if both do alike. */
export async function repairingKind(
  classroom: FactClassroom,
  student: FactReasoner,
  errors: number,
): Promise<ExplanationKind> {
  const { demonstrations } = classroom;
  const alone = await rightOf(classroom, student, demonstrations, await student.explain(demonstrations));
  const wrong = demonstrations.filter((_, i) => alone[i] === 0).slice(0, errors);
  const repaired = async (kind: ExplanationKind) =>
    mean(await rightOf(classroom, student, wrong, await explain(classroom, kind, wrong)));
  return (await repaired('operator')) > (await repaired('fact')) ? 'operator' : 'fact';
}

/** Share right among the first questions with explanations of a kind, and among all when only those are explained. */
export async function explainedFirst(
  classroom: FactClassroom,
  student: FactReasoner,
  kind: ExplanationKind,
  count: number,
): Promise<{ readonly onExplained: number; readonly overall: number }> {
  const { questions } = classroom;
  const [asked, others] = [questions.slice(0, count), questions.slice(count)];
  const helped = await rightOf(classroom, student, asked, await explain(classroom, kind, asked));
  const alone = await rightOf(classroom, student, others, await student.explain(others));
  return { onExplained: mean(helped), overall: mean([...helped, ...alone]) };
}

/** 1 for each question that a student answers right when it is given a wrong fact of the entity, else 0. */
export function misled(classroom: FactClassroom, student: FactReasoner): Promise<number[]> {
  const { questions, world } = classroom;
  const wrong = questions.map(({ entity }) => ({ fact: world.errors[entity]! }));
  return rightOf(classroom, student, questions, wrong);
}

export interface TuningOptions {
  /** Learn the teacher's explanations too; the answers alone otherwise. */
  readonly explained: boolean;
  readonly steps: number;
  readonly learningRate: number;
}

/**
 * Teaches the student some demonstrations, labelled by the teacher, and asks all questions without help.
 *
 * @param places of the demonstrations
 * @returns shares right among the taught entities under other operators, among other entities, and among all
 */
export async function tuned(
  classroom: FactClassroom,
  places: readonly number[],
  { explained, steps, learningRate }: TuningOptions,
): Promise<{ readonly taughtEntities: number; readonly otherEntities: number; readonly all: number }> {
  const { questions, demonstrations, student, forward } = classroom;
  const { explanations, own, teacherAnswers } = forward.demonstrations;
  const lessons = places.map((at) => ({
    question: demonstrations[at]!,
    explanation: explained ? explanations[at]! : own[at]!,
    learnsExplanation: explained,
    answer: teacherAnswers[at]!,
  }));
  const learner = await student.tune(lessons, { steps, learningRate });
  const right = await rightOf(classroom, learner, questions, await learner.explain(questions));
  const entities = new Set(places.map((at) => demonstrations[at]!.entity));
  const among = (wanted: boolean) =>
    mean(right.filter((_, i) => entities.has(questions[i]!.entity) === wanted));
  return { taughtEntities: among(true), otherEntities: among(false), all: mean(right) };
}

async function explain(
  { world, teacher }: FactClassroom,
  kind: ExplanationKind,
  questions: readonly FactQuestion[],
): Promise<Explanation[]> {
  if (kind === 'fact') return teacher.explain(questions);
  return questions.map(({ operator }) => ({ operator: synonymOf(world, operator) }));
}

async function rightOf(
  { world }: FactClassroom,
  student: FactReasoner,
  questions: readonly FactQuestion[],
  given: readonly Explanation[],
): Promise<number[]> {
  const answers = await student.answer(questions, given);
  return answers.map(({ answer }, i) => (answer === answerOf(world, questions[i]!) ? 1 : 0));
}
