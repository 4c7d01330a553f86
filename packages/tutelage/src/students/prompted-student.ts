import type { ChatMessage } from '../language/chat/format.js';
import { fewShot } from '../language/few-shot.js';
import type { Responder } from '../language/responder.js';
import type { Question } from '../tasks/questions.js';

/** A worked example in a prompt. */
export interface Demonstration {
  readonly question: Question;
  readonly explanation: string;
  readonly label: string;
}

/** What a prompted student made of a question. */
export interface Attempt {
  /** What stood before its answer: its own words, or the teacher's. */
  readonly explanation: string;
  /** One of the options, or the number it named; undefined if it named none. */
  readonly label: string | undefined;
}

export interface AskOptions {
  /** Most tokens of an explanation. */
  readonly maxTokens: number;
  readonly signal: AbortSignal;
}

const explaining = 'You answer questions. First you explain briefly, without giving the answer itself.';
const answering = 'You answer questions. You are given an explanation, and give the answer alone.';

/** The question as it is put, with its options. */
export function asked({ text, options }: Question): string {
  if (options.length === 0) return `Question: ${text}`;
  if (areWords(options)) return `Question: ${text}\nAnswers to choose from: ${options.join(', ')}`;
  return `Question: ${text}\n${options.map((option, i) => `${i + 1}. ${option}`).join('\n')}`;
}

/** What is said to choose an option: itself if options are single words, its number otherwise. */
export function spoken(question: Question, label: string): string {
  const { options } = question;
  return options.length === 0 || areWords(options) ? label : String(options.indexOf(label) + 1);
}

function areWords(options: readonly string[]): boolean {
  return options.every((option) => /^[\p{L}\p{N}-]+$/u.test(option));
}

/** A conversation whose answer is an explanation. */
export function explanationMessages(shown: readonly Demonstration[], question: Question): ChatMessage[] {
  const ask = (of: Question) => `${asked(of)}\nExplain in a sentence or two what decides it.`;
  return fewShot(
    explaining,
    shown.map((one) => ({ asked: ask(one.question), answered: one.explanation })),
    ask(question),
  );
}

/** A conversation whose answer is a label. */
export function answerMessages(
  shown: readonly Demonstration[],
  question: Question,
  explanation: string,
): ChatMessage[] {
  const ask = (of: Question, words: string) =>
    `${asked(of)}\nExplanation: ${words}\nSay ${of.options.length === 0 ? 'the number' : 'the answer'} alone.`;
  return fewShot(
    answering,
    shown.map((one) => ({
      asked: ask(one.question, one.explanation),
      answered: spoken(one.question, one.label),
    })),
    ask(question, explanation),
  );
}

/** What a model says to explain each question; empty where it says nothing. Text ends with its last whole sentence. */
export async function explanations(
  model: Responder,
  conversations: readonly (readonly ChatMessage[])[],
  options: AskOptions,
): Promise<string[]> {
  const replies = await model.respond(conversations, options);
  return replies.map((reply) => (reply.kind === 'text' ? wholeSentences(reply.text) : ''));
}

/** Up to the last full stop, where there is one. */
export function wholeSentences(text: string): string {
  const words = text.trim().replaceAll(/\s+/g, ' ');
  const end = Math.max(...['.', '!', '?'].map((mark) => words.lastIndexOf(mark)));
  return end < 0 ? words : words.slice(0, end + 1);
}

/**
 * A language model that learns from worked examples in its prompt (Saha et al. 2023, section 3). Its explanation comes first, and the
 * answer is read from the probabilities of the options; a number is read from what it says.
 */
export async function attempts(
  student: Responder,
  shown: readonly Demonstration[],
  questions: readonly Question[],
  given: readonly string[] | undefined,
  options: AskOptions,
): Promise<Attempt[]> {
  const words =
    given ??
    (await explanations(
      student,
      questions.map((question) => explanationMessages(shown, question)),
      options,
    ));
  const conversations = questions.map((question, i) => answerMessages(shown, question, words[i]!));
  const isNumber = questions.map(({ options: choices }) => choices.length === 0);
  const numbers = await numbersSaid(
    student,
    conversations.filter((_, i) => isNumber[i]),
    options,
  );
  const rows = await student.labelProbabilities(
    questions.flatMap((question, i) =>
      isNumber[i]
        ? []
        : {
            messages: conversations[i]!,
            labels: question.options.map((option) => spoken(question, option)),
          },
    ),
    options,
  );
  const [nextNumber, nextRow] = [numbers.values(), rows.values()];
  return questions.map((question, i): Attempt => {
    const explanation = words[i]!;
    if (isNumber[i]) return { explanation, label: nextNumber.next().value };
    const row = nextRow.next().value;
    return { explanation, label: row && question.options[row.indexOf(Math.max(...row))] };
  });
}

const numberTokens = 100;

/** The last number of each answer. */
async function numbersSaid(
  student: Responder,
  conversations: readonly (readonly ChatMessage[])[],
  { signal }: AskOptions,
): Promise<(string | undefined)[]> {
  if (conversations.length === 0) return [];
  const replies = await student.respond(conversations, { maxTokens: numberTokens, signal });
  return replies.map((reply) =>
    reply.kind === 'text'
      ? reply.text
          .replaceAll(/(\d),(?=\d{3})/g, '$1')
          .match(/-?\d+(\.\d+)?/g)
          ?.at(-1)
      : undefined,
  );
}
