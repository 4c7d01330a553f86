import { random } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import type { MethodContext } from '../core/method.js';
import type { CausalModel } from '../language/causal-model.js';
import type { ChatMessage } from '../language/chat/format.js';
import { conversationEncoder } from '../language/chat/prompt.js';
import type { Lesson } from '../language/lessons.js';
import { openResponder } from '../language/open-responder.js';
import { type CodeBook, readTurn, type TutorTurn, unknownCode, writeTurn } from '../tasks/tutor-codes.js';
import { type Dialogue, type DialogueRow, ruledTurn } from '../tasks/tutor-dialogues.js';
import { type OwnTutor, type TutorSplit, tutorSplits } from './own-tutor.js';

/** Where a tutor is to say something, with what the expert says there. */
export interface TutorPlace {
  readonly dialogue: number;
  /** What was said before, the system first. */
  readonly messages: readonly ChatMessage[];
  readonly expert: TutorTurn;
  /** Whether nobody has said anything yet. */
  readonly opens: boolean;
}

/**
 * The dialogues of each split, shuffled where they were given together.
 *
 * @param shares of the dialogues for supervised training and for preferences
 * @throws {UserError} when a split is empty
 */
function splitDialogues(
  dialogues: OwnTutor['dialogues'],
  shares: Readonly<Record<Exclude<TutorSplit, 'test'>, number>>,
  seed: number,
): Record<TutorSplit, readonly Dialogue[]> {
  if ('test' in dialogues) return dialogues;
  const order = random.stream(random.foldIn(random.key(seed), 'dialogues')).shuffle(dialogues);
  const first = Math.round(shares.supervised * order.length);
  const second = first + Math.round(shares.preferences * order.length);
  const found = {
    supervised: order.slice(0, first),
    preferences: order.slice(first, second),
    test: order.slice(second),
  };
  const empty = tutorSplits.find((split) => found[split].length === 0);
  if (empty === undefined) return found;
  throw new UserError(`no dialogues for ${empty}: there are ${order.length}`, {
    hint: 'give more, or change supervisedShare and preferenceShare',
  });
}

interface ExpertOptions {
  /** Where answers of a language model are kept. */
  readonly folder: string;
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  /** Hears which turns are skipped, and why. */
  readonly say: (message: string) => void;
}

/** Where a tutor says something in a dialogue. */
interface OpenPlace {
  readonly dialogue: number;
  /** Its number in the dialogue, from 1. */
  readonly turn: number;
  readonly row: DialogueRow;
  readonly messages: readonly ChatMessage[];
  /** What was said just before. */
  readonly last: DialogueRow | undefined;
}

function openPlaces({ book, system }: OwnTutor, { line, rows }: Dialogue): OpenPlace[] {
  return rows.flatMap((row, i) => {
    if (row.by !== 'tutor') return [];
    const before = rows.slice(0, i);
    const messages: ChatMessage[] = [
      { role: 'system', content: system },
      ...before.map(({ by, text, codes }): ChatMessage => {
        if (by === 'learner') return { role: 'user', content: text };
        const turn = codedTurn(text, codes, book);
        return { role: 'assistant', content: typeof turn === 'string' ? text : writeTurn(turn, book) };
      }),
    ];
    return [{ dialogue: line, turn: i + 1, row, messages, last: before.at(-1) }];
  });
}

/** What the expert says at some places: a turn, or why there is none; undefined where the signal ended the work. */
async function expertTurns(
  { book, expert }: OwnTutor,
  places: readonly OpenPlace[],
  { folder, maxTokens, signal, say }: ExpertOptions,
): Promise<readonly (TutorTurn | string | undefined)[]> {
  if (expert === 'dialogues') return places.map(({ row }) => codedTurn(row.text, row.codes, book));
  if (typeof expert !== 'string') {
    return places.map(({ last }) => ruledTurn(expert, last?.codes) ?? 'no rule fits');
  }
  const responder = await openResponder(expert, { folder, say });
  try {
    const replies = await responder.respond(
      places.map(({ messages }) => messages),
      { maxTokens, signal },
    );
    return replies.map((reply) => (reply.kind === 'text' ? readTurn(reply.text, book) : reply.reason));
  } finally {
    await responder.close();
  }
}

/** The places of some dialogues at which the expert has a valid turn. */
async function tutorPlaces(
  own: OwnTutor,
  dialogues: readonly Dialogue[],
  options: ExpertOptions,
): Promise<TutorPlace[]> {
  const places = dialogues.flatMap((dialogue) => openPlaces(own, dialogue));
  const turns = await expertTurns(own, places, options);
  return places.flatMap(({ dialogue, turn, messages, last }, i) => {
    const expert = turns[i];
    if (expert === undefined) return [];
    if (typeof expert !== 'string') return [{ dialogue, messages, expert, opens: last === undefined }];
    options.say(`expert turn ${turn} of dialogue ${dialogue} has no valid codes: skipped: ${expert}`);
    return [];
  });
}

export interface TutorSettings {
  /** Shares of the dialogues, where they are in one file. */
  readonly supervisedShare: number;
  readonly preferenceShare: number;
  /** Of a dialogue and a turn together, and of a turn. */
  readonly maxTokens: number;
  readonly answerTokens: number;
}

/**
 * The places of each split, without those that are too long, and without the first of a dialogue in the test; fewer where the signal ended the
 * work.
 *
 * @throws {UserError} when a split has none
 */
export async function placesOfSplits(
  own: OwnTutor,
  settings: TutorSettings,
  { folder, seed, signal, say }: MethodContext,
): Promise<Record<TutorSplit, readonly TutorPlace[]>> {
  const { supervisedShare, preferenceShare, maxTokens, answerTokens } = settings;
  const shares = { supervised: supervisedShare, preferences: preferenceShare };
  const dialogues = splitDialogues(own.dialogues, shares, seed);
  const places: Record<TutorSplit, readonly TutorPlace[]> = { supervised: [], preferences: [], test: [] };
  for (const split of tutorSplits) {
    const all = await tutorPlaces(own, dialogues[split], { folder, maxTokens: answerTokens, signal, say });
    const fits = all.filter((place) => {
      const { prompt, answer } = turnLesson(own.model, place, writeTurn(place.expert, own.book));
      return prompt.length + Math.max(answer.length, answerTokens) <= maxTokens;
    });
    if (fits.length < all.length)
      say(`${split}: ${all.length - fits.length} turns are too long, and left out`);
    places[split] = fits.filter(({ opens }) => split !== 'test' || !opens);
    if (places[split].length > 0 || signal.aborted) continue;
    throw new UserError(`no turns of the expert for ${split}: ${dialogues[split].length} dialogues`, {
      hint: 'give more dialogues, check their codes, or make maxTokens greater',
    });
  }
  return places;
}

/** A turn at a place as a lesson, which ends by the end token. */
export function turnLesson({ tokenizer }: CausalModel, { messages }: TutorPlace, text: string): Lesson {
  return {
    prompt: conversationEncoder(tokenizer)(messages),
    answer: [...tokenizer.encodePlain(text), tokenizer.special.end ?? 0],
  };
}

/** The expert's turns as lessons. */
export function expertLessons(model: CausalModel, places: readonly TutorPlace[], book: CodeBook): Lesson[] {
  return places.map((place) => turnLesson(model, place, writeTurn(place.expert, book)));
}

/** A turn by its codes where they are given, or else by what is written, or why it is none. */
function codedTurn(
  text: string,
  codes: Readonly<Record<string, string>> | undefined,
  book: CodeBook,
): TutorTurn | string {
  if (!codes) return readTurn(text, book);
  const { evaluation, action, state, subproblem } = codes;
  if (evaluation === undefined || action === undefined || state === undefined) {
    return 'codes need evaluation, action and state';
  }
  const turn = { evaluation, action, state };
  return unknownCode(turn, book) ?? { ...turn, text, ...(subproblem !== undefined && { subproblem }) };
}
