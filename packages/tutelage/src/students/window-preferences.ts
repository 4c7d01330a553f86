import { reshape, slice, sum, type Tensor, type Value } from '@tutelage/engine';
import { type WindowLm, type WindowLmConfig, windowContexts } from '../models/window-lm.js';
import { type PreferenceKind, preferenceLoss } from '../objectives/preference.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { type Answered, tokensOf, type WindowJudge } from './window-lessons.js';
import { windowTrainer } from './window-trainer.js';

/** Two answers to a prompt, the better one first. */
export interface AnswerPair {
  readonly prompt: ArrayLike<number>;
  readonly chosen: ArrayLike<number>;
  readonly rejected: ArrayLike<number>;
}

export interface WindowPreferences {
  readonly kind: PreferenceKind;
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

/**
 * Preference optimisation of a window language model, one pass over pairs in their order, with a new optimizer. For KTO the better and the
 * worse answers of an update are of different pairs.
 */
export async function preferWindow(options: WindowPreferences): Promise<WindowLm<Tensor>> {
  const { kind, config, params, reference, judge, pairs, batchSize, beta, learningRate } = options;
  const apart = kind === 'kto' ? batchSize : 0;
  // Row by row a better and then a worse answer.
  const rows = pairs.flatMap((pair, i) => {
    const other = pairs[(i + apart) % pairs.length]!;
    return [
      { prompt: pair.prompt, answer: pair.chosen },
      { prompt: other.prompt, answer: other.rejected },
    ];
  });
  const [prompts, answers] = [rows.map(({ prompt }) => prompt), rows.map(({ answer }) => answer)];
  const contexts = windowContexts(config, prompts, answers);
  const logs = await judge.answerLogs(reference, { prompts, answers });
  const places = answers.length * config.answer;
  const perToken = Float32Array.from(
    { length: places },
    (_, i) => logs[Math.floor(i / config.answer)]! / config.answer,
  );
  const lengths = { chosen: config.answer, rejected: config.answer };
  const trainer = windowTrainer({
    params,
    config,
    learningRate,
    objective(logits, { next, reference: before, mismatched }) {
      const count = logits.dim(0) / config.answer / 2;
      const policy = pairsOf(tokenLogProbabilities(logits, next!), count, config.answer);
      const compared = { policy, reference: pairsOf(before!, count, config.answer), lengths };
      return preferenceLoss(kind, { ...compared, mismatched: mismatched! }, { beta });
    },
  });
  const known = { next: tokensOf(answers), reference: perToken, mismatched: new Float32Array(places) };
  for (let at = 0; at < rows.length; at += 2 * batchSize) {
    const own = rows.slice(at, at + 2 * batchSize);
    if (kind === 'kto') {
      const others = {
        prompts: own.map(({ prompt }) => prompt),
        answers: own.map((_, i) => own.at(i - 1)!.answer),
      };
      known.mismatched.fill(await meanLogRatio(judge, trainer.params, reference, others));
    }
    const first = at * config.answer;
    await trainer.learn(
      { contexts, known },
      Array.from({ length: own.length * config.answer }, (_, i) => first + i),
    );
  }
  await trainer.dispose();
  return trainer.params;
}

/** Mean over answers of log(policy / reference). */
async function meanLogRatio(
  judge: WindowJudge,
  policy: WindowLm<Tensor>,
  reference: WindowLm<Tensor>,
  answered: Answered,
): Promise<number> {
  const now = await judge.answerLogs(policy, answered);
  const before = await judge.answerLogs(reference, answered);
  return now.reduce((total, log, i) => total + log - before[i]!, 0) / now.length;
}

/** Log-probabilities of tokens, those of a pair's answers one after the other, summed up for each answer. */
function pairsOf(perToken: Value, count: number, answer: number) {
  const sums = sum(reshape(perToken, [count, 2, answer]), { axes: 2 });
  const side = (at: number) => reshape(slice(sums, { axis: 1, start: at, end: at + 1 }), [count]);
  return { chosen: side(0), rejected: side(1) };
}
