import { random } from '@tutelage/engine';
import { UserError } from '../../core/errors.js';
import { openCausalModel } from '../../language/causal-model.js';
import { interruptible } from '../../runs/interrupt.js';
import type { TuneParameters } from '../commands/tune.js';
import type { Console } from '../console.js';
import type { Tuning } from '../tune/tuning.js';

const methods = {
  sft: async () => (await import('../tune/sft.js')).tuneByAnswers,
  dpo: async () => (await import('../tune/dpo.js')).tuneByPreferences,
  reward: async () => (await import('../tune/reward.js')).tuneJudge,
  grpo: async () => (await import('../tune/grpo.js')).tuneByRewards,
} satisfies Record<TuneParameters['method'], () => Promise<(tuning: Tuning) => Promise<readonly string[]>>>;

/** `tutelage tune`. */
export async function tune(params: TuneParameters, io: Console): Promise<void> {
  if (params.judge !== undefined && params.method !== 'grpo') {
    throw new UserError(`a judge is for grpo, not for ${params.method}`);
  }
  const { method, rank, seed } = params;
  const perform = await methods[method]();
  const model = await openCausalModel(params.model);
  const usual = method === 'grpo' ? 1e-6 : rank === 0 ? 1e-5 : 2e-4;
  await interruptible(async (signal) => {
    const lines = await perform({
      params: { ...params, learningRate: params.learningRate ?? usual },
      model,
      out: params.out ?? `tuned/${method}`,
      dice: random.stream(random.foldIn(random.key(seed), 'tune')),
      signal,
      say: io.say,
      progress: io.progress(false),
    });
    for (const line of lines) io.print(line);
  });
}
