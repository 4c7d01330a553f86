import { readFileSync } from 'node:fs';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { mean } from '../assessment/checks.js';
import type { CausalModel } from '../language/causal-model.js';
import { conversationEncoder } from '../language/chat/prompt.js';
import { llamaDecoder } from '../language/generate/decoder.js';
import { generate } from '../language/generate/generate.js';
import type { Lesson } from '../language/lessons.js';
import { explained } from '../runs/file-errors.js';
import { lessonLogs } from '../students/lesson-logs.js';
import {
  type CodeBook,
  codeKinds,
  readTurn,
  type TurnCodes,
  type TutorTurn,
  writeCodes,
  writeTurn,
} from '../tasks/tutor-codes.js';
import { type TutorPlace, turnLesson } from './tutor-places.js';

/** Why a tutor's turn is worse than the expert's: it can't be read, or has another code. */
export const pairReasons = ['format', ...codeKinds] as const;
export type PairReason = (typeof pairReasons)[number];

/** The reason that comes first in an order; undefined for a turn with the expert's codes. */
export function pairReason(
  expert: TurnCodes,
  own: TurnCodes | undefined,
  order: readonly PairReason[],
): PairReason | undefined {
  return order.find((reason) =>
    reason === 'format' ? own === undefined : own !== undefined && own[reason] !== expert[reason],
  );
}

/** What a tutor wrote at a place. */
export interface WrittenTurn {
  readonly text: string;
  /** Undefined where that is no turn. */
  readonly turn: TutorTurn | undefined;
}

export interface WritingOptions {
  readonly maxTokens: number;
  /** 0 takes the likeliest tokens. */
  readonly temperature: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Hears how many are there. */
  readonly onProgress?: (done: number) => void;
}

/** Places at which turns are written together. */
const together = 16;

/** What a tutor says at some places; those before the signal ended the work. */
export async function writtenTurns(
  { params, config, tokenizer }: CausalModel,
  places: readonly TutorPlace[],
  book: CodeBook,
  { maxTokens, temperature, seed, signal, onProgress }: WritingOptions,
): Promise<WrittenTurn[]> {
  const encode = conversationEncoder(tokenizer);
  const prompts = places.map(({ messages }) => encode(messages));
  const longest = prompts.reduce((most, { length }) => Math.max(most, length), 1);
  const decoder = await llamaDecoder(params, config, longest + maxTokens);
  const key = random.foldIn(random.key(seed), 'written turns');
  const endTokens = [tokenizer.special.end ?? 0];
  const found: WrittenTurn[] = [];
  try {
    for (let at = 0; at < prompts.length && !signal.aborted; at += together) {
      const answers = await generate(decoder, prompts.slice(at, at + together), {
        maxTokens,
        endTokens,
        ...(temperature > 0 && { sampling: { key: random.foldIn(key, at), temperature } }),
      });
      for (const { tokens } of answers) {
        const text = tokenizer.decode(tokens.filter((token) => !endTokens.includes(token)));
        found.push(writtenTurn(text, book));
      }
      onProgress?.(found.length);
    }
    return found;
  } finally {
    await decoder.release();
  }
}

/** A text of a tutor, read by a code book. */
export function writtenTurn(text: string, book: CodeBook): WrittenTurn {
  const turn = readTurn(text, book);
  return { text, turn: typeof turn === 'string' ? undefined : turn };
}

/** A pair of turns, as it is written for the user. */
export interface TutorPair {
  readonly place: TutorPlace;
  readonly reason: PairReason;
  readonly rejected: string;
}

/** A pair as a row of a file. */
export function pairRow({ place, reason, rejected }: TutorPair, book: CodeBook) {
  const { dialogue, messages, expert } = place;
  return { dialogue, reason, messages, chosen: writeTurn(expert, book), rejected };
}

/** Turns that were kept as rows of `{text}`. */
export function readWritten(path: string, book: CodeBook): WrittenTurn[] {
  const rows = explained('read a file', path, () => readFileSync(path, 'utf8')).split('\n');
  const row = z.object({ text: z.string() });
  return rows.flatMap((line) => (line === '' ? [] : [writtenTurn(row.parse(JSON.parse(line)).text, book)]));
}

/** The places at which a tutor's turn differs from the expert's, and those at which it does not. */
export function tutorPairs(
  places: readonly TutorPlace[],
  written: readonly WrittenTurn[],
  order: readonly PairReason[],
): { readonly pairs: readonly TutorPair[]; readonly agreed: readonly TutorPlace[] } {
  const reasons = places.map(({ expert }, i) => pairReason(expert, written[i]!.turn, order));
  return {
    pairs: places.flatMap((place, i) => {
      const reason = reasons[i];
      return reason ? [{ place, reason, rejected: written[i]!.text }] : [];
    }),
    agreed: places.filter((_, i) => reasons[i] === undefined),
  };
}

/**
 * The perplexity test in logarithms, on the codes alone: mean over the turns in which the expert helps on of log(its codes / the codes of
 * telling instead), nats a token.
 *
 * @returns undefined where the expert never helps on, or the signal ended the work
 */
export async function helpMargin(
  model: CausalModel,
  places: readonly TutorPlace[],
  book: CodeBook,
  signal: AbortSignal,
): Promise<number | undefined> {
  const helping = places.filter(({ expert }) => Object.hasOwn(book.telling, expert.action));
  const lessonsOf = (action: (own: string) => string) =>
    helping.map((place): Lesson => {
      const { evaluation, state } = place.expert;
      const codes = { evaluation, action: action(place.expert.action), state };
      return {
        ...turnLesson(model, place, ''),
        answer: model.tokenizer.encodePlain(writeCodes(codes, book)),
      };
    });
  const [helps, tells] = [lessonsOf((own) => own), lessonsOf((own) => book.telling[own]!)];
  const logs = await lessonLogs(model, [...helps, ...tells], { signal });
  if (helping.length === 0 || logs.includes(undefined)) return undefined;
  const aToken = ({ answer }: Lesson, log: number) => log / answer.length;
  return mean(
    helps.map((lesson, i) => aToken(lesson, logs[i]!) - aToken(tells[i]!, logs[helping.length + i]!)),
  );
}
