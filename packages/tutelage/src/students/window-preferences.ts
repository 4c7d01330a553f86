import { reshape, slice, sum, type Tensor, type Value } from '@tutelage/engine';
import { type WindowLm, type WindowLmConfig, windowContexts } from '../models/window-lm.js';
import { dpo, preferenceMargins } from '../objectives/preference.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { tokensOf, type WindowJudge } from './window-lessons.js';
import { windowTrainer } from './window-trainer.js';

/** Two answers to a prompt, the better one first. */
export interface AnswerPair {
  readonly prompt: ArrayLike<number>;
  readonly chosen: ArrayLike<number>;
  readonly rejected: ArrayLike<number>;
}

export interface WindowDpoOptions {
  readonly config: WindowLmConfig;
  readonly params: WindowLm<Tensor>;
  /** What the policy is held to; the start itself as a rule. */
  readonly reference: WindowLm<Tensor>;
  readonly judge: WindowJudge;
  /** Pairs in the order of their updates. */
  readonly pairs: readonly AnswerPair[];
  readonly batchSize: number;
  readonly beta: number;
  readonly learningRate: number;
}

/** Direct preference optimisation of a window language model, one pass over pairs in their order, with a new optimizer. */
export async function dpoWindow(options: WindowDpoOptions): Promise<WindowLm<Tensor>> {
  const { config, params, reference, judge, pairs, batchSize, beta, learningRate } = options;
  // Row by row the chosen and then the rejected answer of a pair.
  const prompts = pairs.flatMap(({ prompt }) => [prompt, prompt]);
  const answers = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const contexts = windowContexts(config, prompts, answers);
  const logs = await judge.answerLogs(reference, { prompts, answers });
  const perToken = Float32Array.from(
    { length: answers.length * config.answer },
    (_, i) => logs[Math.floor(i / config.answer)]! / config.answer,
  );
  const trainer = windowTrainer({
    params,
    config,
    learningRate,
    objective(logits, known) {
      const count = logits.dim(0) / config.answer / 2;
      const own = pairsOf(tokenLogProbabilities(logits, known.next!), count, config.answer);
      return dpo(preferenceMargins(own, pairsOf(known.reference!, count, config.answer)), { beta });
    },
  });
  const known = { next: tokensOf(answers), reference: perToken };
  for (let at = 0; at < pairs.length; at += batchSize) {
    const own = pairs.slice(at, at + batchSize);
    const rows = Array.from({ length: own.length * 2 * config.answer }, (_, i) => at * 2 * config.answer + i);
    await trainer.learn({ contexts, known }, rows);
  }
  await trainer.dispose();
  return trainer.params;
}

/** Log-probabilities of tokens, those of a pair's answers one after the other, summed up for each answer. */
function pairsOf(perToken: Value, count: number, answer: number) {
  const sums = sum(reshape(perToken, [count, 2, answer]), { axes: 2 });
  const side = (at: number) => reshape(slice(sums, { axis: 1, start: at, end: at + 1 }), [count]);
  return { chosen: side(0), rejected: side(1) };
}
