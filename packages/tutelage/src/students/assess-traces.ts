import { random } from '@tutelage/engine';
import { z } from 'zod';
import { atLeast, type TracedOutcome, tracedFigures } from '../assessment/traced-answers.js';
import { decimal, percent } from '../assessment/wording.js';
import type { CausalModel } from '../language/causal-model.js';
import { llamaDecoder } from '../language/generate/decoder.js';
import type { TracedExample } from '../tasks/traces.js';
import { answersInMode, outcomeOf, type TraceAnswering, type TraceMode } from './trace-modes.js';

const figuresSchema = z.object({
  formatted: z.number(),
  valid: z.number(),
  best: z.number(),
  quality: z.number(),
  traceTokens: z.number(),
  traceTokensOfBest: z.number(),
  atOnce: z.number(),
  distinct: z.number(),
});
const byMode = <S extends z.ZodType>(of: S) => z.object({ fast: of, slow: of, auto: of });

export const traceAssessmentSchema = z.object({
  /** Of the likeliest answer to each question. */
  modes: byMode(figuresSchema),
  /** The same from the easiest questions to the hardest, in parts of equal size. */
  byDifficulty: z.array(z.object({ least: z.number(), most: z.number(), modes: byMode(figuresSchema) })),
  /** Of several answers drawn to each question. */
  drawn: byMode(
    figuresSchema.extend({
      solved1: z.number(),
      solved3: z.number(),
      optimal1: z.number(),
      optimal3: z.number(),
    }),
  ).exactOptional(),
});

/** What a student of traces reaches in its modes. */
export type TraceAssessment = z.infer<typeof traceAssessmentSchema>;

export interface TraceAssessing extends Omit<TraceAnswering, 'decoder' | 'mode' | 'sampling'> {
  readonly model: Pick<CausalModel, 'config' | 'params'>;
  readonly threads?: number;
  /** Parts that the questions are divided into by difficulty. */
  readonly parts: number;
  /** Answers to draw to each of the first questions; none where it is left out. */
  readonly drawn?: { readonly questions: number; readonly samples: number };
  readonly seed: number;
}

/** Lets a student answer questions in all three modes, and judges what it says. */
export async function assessTraces(
  tests: readonly TracedExample[],
  { model, threads, ...options }: TraceAssessing,
): Promise<TraceAssessment> {
  const { marks, maxTokens } = options;
  const prompt = Math.max(...tests.map((test) => test.prompt.length));
  const positions = prompt + Math.max(marks.step.length, marks.answer.length) + maxTokens;
  const session = threads === undefined ? {} : { threads };
  const decoder = await llamaDecoder(model.params, model.config, positions, session);
  try {
    return await assessed(tests, { ...options, decoder });
  } finally {
    await decoder.release();
  }
}

async function assessed(
  tests: readonly TracedExample[],
  {
    parts,
    drawn,
    seed,
    ...answering
  }: Omit<TraceAssessing, 'model' | 'threads'> & Pick<TraceAnswering, 'decoder'>,
): Promise<TraceAssessment> {
  const sorted = tests.toSorted((a, b) => a.difficulty - b.difficulty);
  const outcomes = async (
    asked: readonly TracedExample[],
    options: Pick<TraceAnswering, 'mode' | 'sampling'>,
  ): Promise<TracedOutcome[][]> => {
    const prompts = asked.map(({ prompt }) => prompt);
    const answers = await answersInMode(prompts, { ...answering, ...options });
    return answers.map((own, i) => own.map((answer) => outcomeOf(asked[i]!, answer)));
  };
  const greedy = await inModes((mode) => outcomes(sorted, { mode }));
  const figuresOf = (from: number, to: number): TraceAssessment['modes'] => ({
    fast: tracedFigures(greedy.fast.slice(from, to)),
    slow: tracedFigures(greedy.slow.slice(from, to)),
    auto: tracedFigures(greedy.auto.slice(from, to)),
  });
  const bounds = Array.from({ length: parts + 1 }, (_, i) => Math.round((i * sorted.length) / parts));
  const byDifficulty = bounds.slice(1).flatMap((to, i) => {
    const from = bounds[i]!;
    if (from === to) return [];
    const [least, most] = [sorted[from]!.difficulty, sorted[to - 1]!.difficulty];
    return [{ least, most, modes: figuresOf(from, to) }];
  });
  const found = { modes: figuresOf(0, sorted.length), byDifficulty };
  if (!drawn) return found;
  const key = random.foldIn(random.key(seed), 'drawn answers');
  const figures = await inModes(async (mode) => {
    const sampling = { samples: drawn.samples, key: random.foldIn(key, mode) };
    const own = await outcomes(tests.slice(0, drawn.questions), { mode, sampling });
    return {
      ...tracedFigures(own),
      solved1: atLeast(own, 1, 'valid'),
      solved3: atLeast(own, 3, 'valid'),
      optimal1: atLeast(own, 1, 'best'),
      optimal3: atLeast(own, 3, 'best'),
    };
  });
  return { ...found, drawn: figures };
}

/** One mode after the other. */
async function inModes<T>(of: (mode: TraceMode) => Promise<T>): Promise<Record<TraceMode, T>> {
  return { fast: await of('fast'), slow: await of('slow'), auto: await of('auto') };
}

/** What a student reaches, in words. */
export function traceLines(name: string, { modes, byDifficulty, drawn }: TraceAssessment): string[] {
  const line = (mode: TraceMode) => {
    const { valid, traceTokens, traceTokensOfBest, formatted, atOnce } = modes[mode];
    const length = `${decimal(traceTokens, 1)} tokens of trace (${decimal(traceTokensOfBest, 1)} where right)`;
    const chosen = mode === 'auto' ? `, ${percent(atOnce)} at once` : '';
    const own = drawn?.[mode];
    const some = own
      ? `; of answers drawn, one is right for ${percent(own.solved1)}, three for ${percent(own.solved3)}`
      : '';
    return `${name}, ${mode}: ${percent(valid)} right, ${length}, ${percent(formatted)} with an answer${chosen}${some}`;
  };
  const curve = byDifficulty.map(
    ({ least, most, modes: { fast, slow } }) =>
      `${least} to ${most}: ${percent(fast.valid)} fast, ${percent(slow.valid)} slow`,
  );
  const differs = byDifficulty[0]!.least < byDifficulty.at(-1)!.most;
  return [
    line('fast'),
    line('slow'),
    line('auto'),
    ...(differs ? [`${name} by difficulty, ${curve.join('; ')}`] : []),
  ];
}
