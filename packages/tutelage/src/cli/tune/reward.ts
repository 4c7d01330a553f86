import { percent } from '../../assessment/wording.js';
import { saveRewardModel } from '../../language/reward-model.js';
import { pairAccuracy } from '../../students/causal-preferences.js';
import { initRewardModel, pairRewards, rewardJudge, teachRewards } from '../../students/reward-model.js';
import { threadsOf } from '../student-in.js';
import { runOf } from './run.js';
import { pairsOf, type Tuning, trainingOf } from './tuning.js';

/** A reward model from pairs of answers. */
export async function tuneJudge(tuning: Tuning): Promise<readonly string[]> {
  const { params, model, out, signal } = tuning;
  const { learned, held } = await pairsOf(tuning);
  const run = runOf(tuning, [...learned, ...held]);
  const taught = await teachRewards({
    ...trainingOf(tuning, run),
    model: initRewardModel(model),
    pairs: learned,
  });
  if (signal.aborted) return [];
  await saveRewardModel(taught, out);
  if (held.length === 0) return [out];
  const judge = rewardJudge(taught, threadsOf(params));
  const accuracy = pairAccuracy(await pairRewards(judge, held));
  await judge.dispose();
  return [`${held.length} held-out pairs: the better answer is worth more in ${percent(accuracy)}`, out];
}
