import { random } from '@tutelage/engine';
import type { TracedOutcome } from '../assessment/traced-answers.js';
import type { Decoder } from '../language/generate/decoder.js';
import { generate } from '../language/generate/generate.js';
import type { TracedExample, TraceMarks } from '../tasks/traces.js';

/** How a student of traces answers: at once, after a trace, or as it likes. */
export type TraceMode = 'fast' | 'slow' | 'auto';

/** What a student said. */
export interface TraceAnswer {
  /** Tokens before the answer; all of them where it came to none. */
  readonly trace: readonly number[];
  /** Tokens after the mark, without the end; undefined where it came to none, or to no end. */
  readonly answer: readonly number[] | undefined;
}

export interface TraceAnswering {
  readonly decoder: Decoder;
  readonly marks: TraceMarks;
  readonly mode: TraceMode;
  /** Most tokens of a trace and its answer. */
  readonly maxTokens: number;
  /** Answers to each prompt, drawn from the student's distribution; the likeliest tokens of one where it is left out. */
  readonly sampling?: { readonly samples: number; readonly key: random.Key };
  readonly batchSize: number;
  readonly signal: AbortSignal;
}

/**
 * Lets a student of traces answer. The mode is fixed by the first tokens alone (Su et al. 2024): those that answers begin with make it
 * answer at once, those that traces begin with make it think first.
 *
 * @returns the answers to each prompt
 */
export async function answersInMode(
  prompts: readonly (readonly number[])[],
  { decoder, marks, mode, maxTokens, sampling, batchSize, signal }: TraceAnswering,
): Promise<TraceAnswer[][]> {
  const forced = mode === 'fast' ? marks.answer : mode === 'slow' ? marks.step : [];
  const each = sampling?.samples ?? 1;
  const asked = prompts.flatMap((prompt) => Array.from({ length: each }, () => [...prompt, ...forced]));
  const answers: TraceAnswer[] = [];
  for (let at = 0; at < asked.length; at += batchSize) {
    const found = await generate(decoder, asked.slice(at, at + batchSize), {
      maxTokens,
      endTokens: [marks.end],
      ...(sampling && { sampling: { key: random.foldIn(sampling.key, at) } }),
      signal,
    });
    answers.push(
      ...found.map(({ tokens, reason }) => splitAnswer([...forced, ...tokens], reason === 'end', marks)),
    );
  }
  return prompts.map((_, i) => answers.slice(i * each, (i + 1) * each));
}

function splitAnswer(tokens: readonly number[], ended: boolean, { answer }: TraceMarks): TraceAnswer {
  const at = tokens.findIndex((_, i) => answer.every((mark, j) => tokens[i + j] === mark));
  if (at < 0) return { trace: tokens, answer: undefined };
  const found = ended ? tokens.slice(at + answer.length, -1) : undefined;
  return { trace: tokens.slice(0, at), answer: found };
}

/** Judges what a student said to a question. */
export function outcomeOf(
  { judge }: Pick<TracedExample, 'judge'>,
  { trace, answer }: TraceAnswer,
): TracedOutcome {
  const judged = answer ? judge(answer) : { formatted: false, valid: false, quality: 0 };
  return { ...judged, traceTokens: trace.length, answer: (answer ?? []).join(' ') };
}
