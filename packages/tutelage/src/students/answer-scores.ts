import { mean } from '../assessment/checks.js';
import { given } from '../core/given.js';
import type { CausalModel } from '../language/causal-model.js';
import { llamaRollouts } from '../language/generate/rollouts.js';
import type { Lesson } from '../language/lessons.js';
import { finalAnswer, sameAnswer } from '../tasks/verifiable/answers.js';
import { lessonLogs } from './lesson-logs.js';

export interface AnswerScoring {
  readonly signal: AbortSignal;
  readonly threads?: number;
}

/**
 * The share of prompts whose likeliest answer is the lesson's: as text without spaces around it, or by the final number or expression.
 *
 * @throws the signal's reason when it is aborted
 */
export async function rightAnswers(
  { params, config, tokenizer }: CausalModel,
  lessons: readonly Lesson[],
  { by, signal, threads }: AnswerScoring & { readonly by: 'exact' | 'number' },
): Promise<number> {
  const end = tokenizer.special.end ?? 0;
  const longest = Math.max(...lessons.map(({ answer }) => answer.length));
  const positions = Math.max(...lessons.map(({ prompt }) => prompt.length)) + longest;
  const rollouts = llamaRollouts(config, positions, given({ threads }));
  rollouts.load(params);
  const text = (tokens: readonly number[]) =>
    tokenizer.decode(tokens.filter((token) => token !== end)).trim();
  const same = {
    exact: (found: string, wanted: string) => found === wanted,
    number: (found: string, wanted: string) => {
      const own = finalAnswer(found);
      return own !== undefined && sameAnswer(own, finalAnswer(wanted) ?? wanted);
    },
  }[by];
  try {
    const prompts = lessons.map(({ prompt }) => prompt);
    const answers = await rollouts.draw(prompts, { maxTokens: longest, endTokens: [end], signal });
    return mean(answers.map(({ tokens }, i) => Number(same(text(tokens), text(lessons[i]!.answer)))));
  } finally {
    await rollouts.release();
  }
}

/** Mean cross-entropy of the tokens of answers, in nats. */
export async function answerNats(
  model: CausalModel,
  lessons: readonly Lesson[],
  session: AnswerScoring,
): Promise<number> {
  const logs = await lessonLogs(model, lessons, session);
  const tokens = lessons.reduce((count, { answer }) => count + answer.length, 0);
  return -logs.reduce<number>((sum, log) => sum + (log ?? 0), 0) / tokens;
}
