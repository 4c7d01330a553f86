import { UserError } from '../../core/errors.js';
import { type CausalModel, saveCausalModel } from '../../language/causal-model.js';
import { promptEncoder } from '../../language/chat/prompt.js';
import { openRewardModel } from '../../language/reward-model.js';
import { pairVocabularies } from '../../language/vocabulary-pairing.js';
import { nodeFileSystem } from '../../runs/file-system.js';
import { readMetrics } from '../../runs/metrics.js';
import { metricsFile } from '../../runs/run.js';
import { type Checked, teachByRewards } from '../../students/grpo.js';
import { judgedQuestions, rewardJudge } from '../../students/reward-model.js';
import { type PromptRow, readPrompts } from '../../tasks/language-files.js';
import { finalAnswer, sameAnswer } from '../../tasks/verifiable/answers.js';
import { threadsOf } from '../student-in.js';
import { keptIn, runOf } from './run.js';
import type { Tuning } from './tuning.js';

/** Group-relative policy optimisation on prompts, by right answers or by a judge. */
export async function tuneByRewards(tuning: Tuning): Promise<readonly string[]> {
  const { params, model, out, signal, say } = tuning;
  const { rows, skipped } = await readPrompts(params.data);
  if (skipped > 0) say(`${skipped} left out: no prompt`);
  const { questions, judge, dispose } = await questionsOf(rows, tuning);
  const unanswered = rows.length - questions.length;
  if (unanswered > 0) say(`${unanswered} left out: no answer`);
  const { batchSize, passes, learningRate, groupSize, maxTokens, seed } = params;
  const questionsAStep = Math.min(batchSize, questions.length);
  const steps = passes * Math.floor(questions.length / questionsAStep);
  const run = runOf(tuning, rows, judge);
  const { model: tuned, outcome } = await teachByRewards({
    ...settings,
    ...threadsOf(params),
    ...keptIn(run, tuning),
    signal,
    model,
    questions,
    steps,
    questionsAStep,
    groupSize,
    maxTokens,
    learningRate,
    seed,
  }).finally(dispose);
  if (outcome === 'paused') return [];
  await saveCausalModel(tuned, out);
  const rewards = readMetrics(nodeFileSystem, metricsFile(run.path)).rows.map((row) => Number(row.reward));
  const share = Math.ceil(rewards.length / 5);
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  const [first, last] = [mean(rewards.slice(0, share)), mean(rewards.slice(-share))];
  return [
    `mean reward of drawn answers: ${first.toFixed(3)} in the first fifth of the steps, ${last.toFixed(3)} in the last`,
    out,
  ];
}

/** DAPO's form (Yu et al. 2025) of the objective. */
const settings = {
  temperature: 1,
  clip: { low: 0.2, high: 0.28 },
  aggregation: 'token',
  scaled: true,
} as const;

/** Prompts with what says how good an answer is. */
async function questionsOf(
  rows: readonly PromptRow[],
  { params, model }: Tuning,
): Promise<{
  readonly questions: readonly Checked[];
  /** Weights of the judge. */
  readonly judge?: unknown;
  dispose(): Promise<void>;
}> {
  const encode = promptEncoder(model.tokenizer);
  if (params.judge === undefined) {
    const questions = rows.flatMap(({ prompt, answer }) =>
      answer === undefined ? [] : [checked(encode(prompt), answer, model)],
    );
    if (questions.length > 0) return { questions, async dispose() {} };
    throw new UserError(`no answers: ${params.data}`, {
      hint: 'name a column of right answers answer, or give a reward model by --judge',
    });
  }
  const judging = await openRewardModel(params.judge);
  pairVocabularies(judging, model);
  const judge = rewardJudge(judging, threadsOf(params));
  const prompts = rows.map(({ prompt }) => encode(prompt));
  const questions = judgedQuestions(judge, prompts, model.tokenizer.special.end ?? 0);
  return { questions, judge: judging.params, dispose: () => judge.dispose() };
}

/** A question whose right answer is worth 1. */
function checked(prompt: readonly number[], right: string, { tokenizer }: CausalModel): Checked {
  const expected = finalAnswer(right) ?? right;
  return {
    prompt,
    reward(answer) {
      const text = tokenizer.decode(answer);
      return Number(sameAnswer(finalAnswer(text) ?? text, expected));
    },
  };
}
