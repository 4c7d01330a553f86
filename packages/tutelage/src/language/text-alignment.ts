import type { Lesson } from './lessons.js';
import { type SpannedText, spannedText } from './tokenizer/spans.js';
import type { Tokenizer } from './tokenizer/tokenizer.js';

/** A prompt and the answer to learn, as text. */
export interface TextLesson {
  readonly prompt: string;
  readonly answer: string;
}

/** What a model thinks of a text, prompt and answer, token by token. */
export interface ScoredText {
  /** Where each token ends in the UTF-8 of the text, in bytes; one more than the text has for the token that ends it. */
  readonly ends: readonly number[];
  /** Of each token given those before it; undefined where the model does not say, as for the first. */
  readonly logProbabilities: readonly (number | undefined)[];
}

/** A teacher of texts: a model, or a server that has one. */
export type TextScorer = (lessons: readonly TextLesson[], signal: AbortSignal) => Promise<ScoredText[]>;

/** A stretch of text that is a whole number of tokens in both of two tokenizations: from each first token to before each last. */
export interface Chunk {
  readonly first: readonly [from: number, to: number];
  readonly second: readonly [from: number, to: number];
}

/**
 * The shortest stretches that two tokenizations of one text have in common, in order. Tokens without text of their own belong to what is
 * before them, and at the start to what follows.
 *
 * @param first where tokens end, in any unit
 * @param second where those of the other end, in the same
 */
export function alignSpans(first: readonly number[], second: readonly number[]): Chunk[] {
  const chunks: Chunk[] = [];
  let [i, j, end] = [0, 0, 0];
  let [fromFirst, fromSecond] = [0, 0];
  while (i < first.length && j < second.length) {
    const [a, b] = [first[i]!, second[j]!];
    if (a <= b) i++;
    if (b <= a) j++;
    if (a !== b || a === end) continue;
    while (first[i] === a) i++;
    while (second[j] === a) j++;
    chunks.push({ first: [fromFirst, i], second: [fromSecond, j] });
    [fromFirst, fromSecond, end] = [i, j, a];
  }
  return chunks;
}

/** A lesson of a student, with what a teacher with another tokenizer thinks of its answer. */
export interface ChunkLesson extends Lesson {
  /** Stretches of the answer's tokens, with the teacher's log-probability of the text that they say. */
  readonly chunks: readonly {
    readonly from: number;
    readonly to: number;
    readonly logProbability: number;
  }[];
}

/**
 * A text in a student's tokens, and the stretches of its answer that a teacher's tokens cut out as well. What only one of them ends with a
 * token stays without a chunk, and so does what the teacher says nothing of.
 *
 * @throws {UserError} where the student's tokenizer changes the text
 */
export function chunkLesson(
  tokenizer: Tokenizer,
  { prompt, answer }: TextLesson,
  { ends, logProbabilities }: ScoredText,
): ChunkLesson {
  const own = tokenize(tokenizer, { prompt, answer }, "the student's");
  const start = own.lesson.prompt.length - own.start;
  const chunks = alignSpans(ends, own.ends).flatMap(({ first, second: [from, to] }) => {
    const logs = logProbabilities.slice(...first);
    // A token that reaches from the prompt into the answer is as much of the one as of the other.
    if (from < start || logs.includes(undefined)) return [];
    const logProbability = logs.reduce<number>((sum, log) => sum + log!, 0);
    return [{ from: from - start, to: to - start, logProbability }];
  });
  return { ...own.lesson, chunks };
}

/** A text as a model reads it: the tokens of the prompt and of the answer. */
export interface TokenizedLesson {
  readonly lesson: Lesson;
  /** Tokens in front of the text, which begin it. */
  readonly start: number;
  /** Where each token behind those ends in the UTF-8 of the text, in bytes; the token that ends it is taken for one byte more. */
  readonly ends: readonly number[];
}

/**
 * Cuts a prompt and its answer into tokens, each for itself, so that no token is part of both. The tokenizer's first token is put in front
 * where it puts it in front of texts, or where there is no prompt; the end token, if there is one, follows the answer.
 *
 * @param whose tokenizer it is, for the error
 * @throws {UserError} where the tokenizer changes the text
 */
export function tokenize(
  tokenizer: Tokenizer,
  { prompt, answer }: TextLesson,
  whose?: string,
): TokenizedLesson {
  const { beginning, end } = tokenizer.special;
  const [asked, said] = [prompt, answer].map((text) => spannedText(tokenizer, text, whose)) as [
    SpannedText,
    SpannedText,
  ];
  const offset = Buffer.byteLength(prompt);
  const isBegun = beginning !== undefined && tokenizer.encode('a')[0] === beginning;
  const first = isBegun || asked.tokens.length === 0 ? (beginning ?? end) : undefined;
  const before = first === undefined ? [] : [first];
  return {
    lesson: {
      prompt: [...before, ...asked.tokens],
      answer: [...said.tokens, ...(end === undefined ? [] : [end])],
    },
    start: before.length,
    ends: [
      ...asked.ends,
      ...said.ends.map((at) => at + offset),
      ...(end === undefined ? [] : [offset + Buffer.byteLength(answer) + 1]),
    ],
  };
}
