import { fewShot } from '../language/few-shot.js';
import type { Responder } from '../language/responder.js';
import {
  type AskOptions,
  type Attempt,
  asked,
  attempts,
  type Demonstration,
  explanationMessages,
  explanations,
  spoken,
} from '../students/prompted-student.js';
import type { Question } from '../tasks/questions.js';

/** How a teacher explains: after it has settled on an answer, before it answers, or as it once helped this student. */
export const explanationStyles = ['rationalise', 'blind', 'personalised'] as const;

export type ExplanationStyle = (typeof explanationStyles)[number];

/** What a teacher says of a question. */
export interface TaughtQuestion {
  readonly explanation: string;
  /** Its own answer. */
  readonly label: string | undefined;
}

const rationalising =
  'You explain answers to a weaker student. In a sentence or two, say why the answer is right, without repeating it.';

/** What a model explains and answers, one a question (Saha et al. 2023, section 3.2). */
export async function taughtBy(
  teacher: Responder,
  shown: readonly Demonstration[],
  questions: readonly Question[],
  style: ExplanationStyle,
  options: AskOptions,
): Promise<TaughtQuestion[]> {
  if (style !== 'rationalise') {
    const words = await explanations(
      teacher,
      questions.map((question) => explanationMessages(shown, question)),
      options,
    );
    return asTaught(words, await attempts(teacher, shown, questions, words, options));
  }
  const answers = await answersOf(teacher, shown, questions, options);
  const ask = (question: Question, label: string) =>
    `${asked(question)}\nAnswer: ${spoken(question, label)}\nWhy?`;
  const words = await explanations(
    teacher,
    questions.map((question, i) =>
      fewShot(
        rationalising,
        shown.map((one) => ({ asked: ask(one.question, one.label), answered: one.explanation })),
        ask(question, answers[i]!.label ?? 'unknown'),
      ),
    ),
    options,
  );
  return asTaught(words, answers);
}

const noExplanation = '(none)';

/** What a model answers at once, without an explanation. */
export function answersOf(
  teacher: Responder,
  shown: readonly Demonstration[],
  questions: readonly Question[],
  options: AskOptions,
): Promise<Attempt[]> {
  const bare = shown.map((one) => ({ ...one, explanation: noExplanation }));
  const nothing = questions.map(() => noExplanation);
  return attempts(teacher, bare, questions, nothing, options);
}

function asTaught(words: readonly string[], answers: readonly Attempt[]): TaughtQuestion[] {
  return words.map((explanation, i) => ({ explanation, label: answers[i]!.label }));
}

/** Questions whose explanation turned a student from wrong to right, in their order, `wanted` at most. */
export function repaired(
  questions: readonly Question[],
  alone: readonly (string | undefined)[],
  helped: readonly (string | undefined)[],
  wanted: number,
): Question[] {
  return questions
    .filter(({ answer }, i) => answer !== undefined && helped[i] === answer && alone[i] !== answer)
    .slice(0, wanted);
}

/** The first sentence. */
export function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
}

/** Whether an explanation gives the answer away. */
export function tells(explanation: string, label: string): boolean {
  const word = label.toLowerCase().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}.])${word}(?![\\p{L}\\p{N}])`, 'u').test(explanation.toLowerCase());
}
