import { fewShot } from '../language/few-shot.js';
import type { LabelOptions, Responder } from '../language/responder.js';
import { asked, spoken } from '../students/prompted-student.js';
import type { Question } from '../tasks/questions.js';
import type { Simulated } from './mental-model.js';

/** What a teacher saw a student do with a question: its answers alone and after the teacher's explanation. */
export interface Seen {
  readonly question: Question;
  readonly label: string;
  readonly explanation: string;
  readonly alone: string;
  readonly helped: string;
}

/** A question, the answer that counts as right, and the teacher's explanation where the student would get it. */
export interface Imagined {
  readonly question: Question;
  readonly label: string;
  readonly explanation: string | undefined;
}

const instructions =
  'Another model, weaker than you, answers questions. You are told the right answer, and foretell what that model says.';

/**
 * What a teacher expects a student to say, by a prompt that shows what it said before: once alone, once after explanations (Saha et
 * al. 2023, section 4). Without explanations to condition on, the second is not asked for, and is NaN.
 *
 * @returns the probability of the right answer; NaN where the model gives none
 */
export async function promptedMentalModel(
  model: Responder,
  seen: readonly Seen[],
  imagined: readonly Imagined[],
  options: LabelOptions,
): Promise<Simulated> {
  const ask = (question: Question, label: string, explanation: string | undefined) =>
    [
      asked(question),
      `Right answer: ${spoken(question, label)}`,
      ...(explanation === undefined ? [] : [`The other model is told: ${explanation}`]),
      'What does the other model say?',
    ].join('\n');
  const foretold = async (withHelp: boolean): Promise<number[]> => {
    const shots = seen.map((one) => ({
      asked: ask(one.question, one.label, withHelp ? one.explanation : undefined),
      answered: spoken(one.question, withHelp ? one.helped : one.alone),
    }));
    const rows = await model.labelProbabilities(
      imagined.map(({ question, label, explanation }) => ({
        messages: fewShot(instructions, shots, ask(question, label, withHelp ? explanation : undefined)),
        labels: [spoken(question, label)],
      })),
      options,
    );
    return rows.map((row) => row?.[0] ?? Number.NaN);
  };
  const alone = await foretold(false);
  const explained = imagined.every(({ explanation }) => explanation !== undefined);
  return { alone, helped: explained ? await foretold(true) : alone.map(() => Number.NaN) };
}

/** `count` of what was seen, for yes-or-no questions as many that the student answered yes as no, as far as there are. */
export function balanced(seen: readonly Seen[], count: number): Seen[] {
  const yes = seen.filter(({ alone }) => alone.toLowerCase() === 'yes');
  const no = seen.filter(({ alone }) => alone.toLowerCase() === 'no');
  if (yes.length + no.length < seen.length) return seen.slice(0, count);
  const half = Math.min(Math.ceil(count / 2), yes.length);
  return [...yes.slice(0, Math.max(half, count - no.length)), ...no].slice(0, count);
}
