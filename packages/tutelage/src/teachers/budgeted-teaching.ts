import type { random } from '@tutelage/engine';
import { byDescending, explainedCount } from '../assessment/budget-curve.js';
import { mean } from '../assessment/checks.js';
import { UserError } from '../core/errors.js';
import type { Responder } from '../language/responder.js';
import { permutation } from '../runs/permutation.js';
import { type Attempt, attempts, type Demonstration } from '../students/prompted-student.js';
import type { Question } from '../tasks/questions.js';
import type { Simulated } from './mental-model.js';
import { balanced, promptedMentalModel, type Seen } from './prompted-mental-model.js';
import {
  answersOf,
  type ExplanationStyle,
  firstSentence,
  repaired,
  type TaughtQuestion,
  taughtBy,
  tells,
} from './prompted-teacher.js';

export interface BudgetedTeaching {
  readonly student: Responder;
  /** Left out where people explained every question. */
  readonly teacher: Responder | undefined;
  /** Worked examples in prompts. */
  readonly shots: number;
  readonly style: ExplanationStyle;
  /** What counts as right when the gain of an explanation is foretold. */
  readonly label: 'gold' | 'teacher';
  /** Whether explanations are made before it is decided who gets one; else the mental model foretells answers alone, which is cheap. */
  readonly explainsFirst: boolean;
  /** Share of the batch to explain. */
  readonly budget: number;
  /** From what is foretold, a score for each question; the greatest are explained. */
  readonly scores: (simulated: Simulated) => readonly number[];
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  readonly say: (message: string) => void;
}

/** A question, and what is foretold and known of it. */
export interface Considered {
  readonly question: Question;
  /** Undefined where nothing was explained. */
  readonly taught: TaughtQuestion | undefined;
  readonly simulated: { readonly alone: number; readonly helped: number };
  readonly alone: Attempt;
  readonly helped: Attempt | undefined;
}

/** What came of a batch. */
export interface Decided {
  readonly batch: readonly Considered[];
  readonly scores: readonly number[];
  /** Positions in the batch, those to be explained in front. */
  readonly order: readonly number[];
  /** How many of them are explained. */
  readonly explained: number;
  /** Known questions on which the student was observed. */
  readonly observed: readonly Considered[];
}

/** Questions with known answers to learn about the student from, and the batch in which to spend the budget. */
export interface DividedQuestions {
  readonly known: readonly Question[];
  readonly batch: readonly Question[];
}

/**
 * Draws the known questions among those with an answer; the batch is all others.
 *
 * @throws {UserError} if too few have answers, or none is left for the batch
 */
export function dividedQuestions(
  questions: readonly Question[],
  known: number,
  key: random.Key,
): DividedQuestions {
  const order = Array.from(permutation(questions.length, [key.hi, key.lo]), (at) => questions[at]!);
  const drawn = order.filter(({ answer }) => answer !== undefined).slice(0, known);
  if (drawn.length < known) {
    throw new UserError(`too few questions with an answer: ${drawn.length}; ${known} are to be known`, {
      hint: 'add some, or lower known',
    });
  }
  const chosen = new Set(drawn);
  const batch = questions.filter((question) => !chosen.has(question));
  if (batch.length === 0) throw new UserError('no questions are left to explain', { hint: 'lower known' });
  return { known: drawn, batch };
}

/**
 * Observes the student on the known questions, foretells what explanations would gain on the batch, and explains where that is most
 * (Saha et al. 2023, sections 3 and 4).
 *
 * @throws {UserError} if too few known questions come with an explanation to show, or labels are missing that the gain needs
 */
export async function decide(
  { known, batch }: DividedQuestions,
  options: BudgetedTeaching,
): Promise<Decided> {
  const { student, teacher, shots, signal, maxTokens, explainsFirst, say } = options;
  const hasLabels = batch.every(({ answer }) => answer !== undefined);
  if (!hasLabels && (options.label === 'gold' || !teacher)) {
    throw new UserError('no answers to foretell the gain of: some questions of the batch have none', {
      hint: "use label=teacher with a model as the teacher, which takes the teacher's answers for right",
    });
  }
  const asking = { maxTokens, signal };
  const shown = worked(known, shots);
  const rest = known.filter((question) => !shown.some((one) => one.question === question));
  say(`${rest.length} known questions: alone and explained`);
  const alone = await attempts(student, shown, rest, undefined, asking);
  const style = await styled(shown, rest, alone, options);
  const taught = await explained(style, rest, options);
  const helped = await attempts(student, shown, rest, given(taught), asking);
  const labelled = (question: Question, own: string | undefined) =>
    options.label === 'gold' ? question.answer : own;
  const seen = rest.flatMap((question, i): Seen[] => {
    const { explanation, label: own } = taught[i]!;
    const [label, before, after] = [labelled(question, own), alone[i]!.label, helped[i]!.label];
    if (label === undefined || before === undefined || after === undefined) return [];
    return [{ question, label, explanation, alone: before, helped: after }];
  });
  const imagine = (questions: readonly Question[], by: readonly Partial<TaughtQuestion>[]) =>
    promptedMentalModel(
      teacher ?? student,
      balanced(seen, shots),
      questions.map((question, i) => ({
        question,
        label: labelled(question, by[i]!.label) ?? '',
        explanation: explainsFirst ? by[i]!.explanation : undefined,
      })),
      { signal },
    );

  say(`${batch.length} questions of the batch: the student alone`);
  const before = await attempts(student, shown, batch, undefined, asking);
  say('what the student will say, as its teacher imagines it');
  const first = explainsFirst ? await explained(style, batch, options) : undefined;
  const named =
    first ?? (teacher && !hasLabels ? await answersOf(teacher, shown, batch, asking) : batch.map(() => ({})));
  const simulated = await imagine(batch, named);
  const scores = options.scores(simulated);
  const order = byDescending(scores);
  const count = explainedCount(options.budget, order.length);

  say(`${explainsFirst ? batch.length : count} questions of the batch: explained`);
  const places = explainsFirst ? batch.map((_, at) => at) : order.slice(0, count);
  const chosen = places.map((at) => batch[at]!);
  const words = first ?? (await explained(style, chosen, options));
  const after = await attempts(student, shown, chosen, given(words), asking);
  const atPlace = new Map(places.map((at, i) => [at, { taught: words[i]!, helped: after[i]! }]));
  const simulatedKnown = await imagine(rest, taught);
  return {
    batch: batch.map((question, at) => ({
      question,
      taught: atPlace.get(at)?.taught,
      simulated: { alone: simulated.alone[at]!, helped: simulated.helped[at]! },
      alone: before[at]!,
      helped: atPlace.get(at)?.helped,
    })),
    scores,
    order,
    explained: count,
    observed: rest.map((question, i) => ({
      question,
      taught: taught[i]!,
      simulated: { alone: simulatedKnown.alone[i]!, helped: simulatedKnown.helped[i]! },
      alone: alone[i]!,
      helped: helped[i]!,
    })),
  };
}

function given(taught: readonly TaughtQuestion[]): string[] {
  return taught.map(({ explanation }) => explanation);
}

function worked(known: readonly Question[], shots: number): Demonstration[] {
  const found = known.flatMap((question) =>
    question.explanation === undefined
      ? []
      : [{ question, explanation: question.explanation, label: question.answer! }],
  );
  if (found.length >= shots) return found.slice(0, shots);
  throw new UserError(`too few known questions with an explanation: ${found.length}; ${shots} are shown`, {
    hint: 'add explanations, or lower shots',
  });
}

interface Style {
  readonly shown: readonly Demonstration[];
  readonly style: ExplanationStyle;
}

/** What the teacher is shown: for the personalised style, questions whose explanation by a person put this student right. */
async function styled(
  shown: readonly Demonstration[],
  rest: readonly Question[],
  alone: readonly Attempt[],
  { student, shots, style, maxTokens, signal, say }: BudgetedTeaching,
): Promise<Style> {
  if (style !== 'personalised') return { shown, style };
  const people = rest.filter(({ explanation }) => explanation !== undefined);
  const before = people.map((question) => alone[rest.indexOf(question)]!.label);
  const helped = await attempts(
    student,
    shown,
    people,
    people.map(({ explanation }) => explanation!),
    { maxTokens, signal },
  );
  const found = repaired(
    people,
    before,
    helped.map(({ label }) => label),
    shots,
  );
  if (found.length < shots) {
    say(
      `warning: explanations put the student right on ${found.length} known questions only, of ${shots}: style blind`,
    );
    return { shown, style: 'blind' };
  }
  return {
    shown: found.map((question) => ({
      question,
      explanation: question.explanation!,
      label: question.answer!,
    })),
    style,
  };
}

/** What the student is given. Where a number is asked for, the first sentence alone, and nothing that tells it. */
async function explained(
  { shown, style }: Style,
  questions: readonly Question[],
  { teacher, maxTokens, signal, say }: BudgetedTeaching,
): Promise<TaughtQuestion[]> {
  const taught = teacher
    ? await taughtBy(teacher, shown, questions, style, { maxTokens, signal })
    : questions.map((question) => byPerson(question));
  const cut = taught.map((one, i) => (questions[i]!.options.length === 0 ? withoutAnswer(one) : one));
  const told = cut.filter(
    (one, i) => one.explanation !== taught[i]!.explanation && one.explanation === '',
  ).length;
  if (told > 0)
    say(`warning: ${told} explanations gave the number away in their first sentence and were left out`);
  return cut;
}

function byPerson({ id, explanation, answer }: Question): TaughtQuestion {
  if (explanation !== undefined) return { explanation, label: answer };
  throw new UserError(`no explanation by a person: question ${id}`, {
    hint: 'name a language model as the teacher, or add the explanation',
  });
}

function withoutAnswer(taught: TaughtQuestion): TaughtQuestion {
  const first = firstSentence(taught.explanation);
  const isTold = taught.label !== undefined && tells(first, taught.label);
  return { ...taught, explanation: isTold ? '' : first };
}

/** 1 where the answer is the right one, else 0. */
export function rightness(considered: readonly Considered[], which: 'alone' | 'helped'): number[] {
  return considered.map((one) => (one[which]?.label === one.question.answer ? 1 : 0));
}

/** Predicted against observed help, in as many groups of equal size, from the least predicted. */
export function helpCalibration(
  considered: readonly Considered[],
  groups: number,
): { readonly predicted: number; readonly observed: number; readonly questions: number }[] {
  const sorted = considered
    .map((one, i) => ({
      predicted: one.simulated.helped - one.simulated.alone,
      observed: rightness(considered, 'helped')[i]! - rightness(considered, 'alone')[i]!,
    }))
    .sort((a, b) => a.predicted - b.predicted);
  const size = Math.ceil(sorted.length / groups);
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, g) => {
    const part = sorted.slice(g * size, (g + 1) * size);
    return {
      predicted: mean(part.map(({ predicted }) => predicted)),
      observed: mean(part.map(({ observed }) => observed)),
      questions: part.length,
    };
  });
}
