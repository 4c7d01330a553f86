import { parseArgs } from 'node:util';
import { bcaInterval } from '../packages/tutelage/dist/assessment/index.js';
import { openCausalModel } from '../packages/tutelage/dist/language/index.js';
import {
  initRewardModel,
  pairAccuracy,
  pairRewards,
  rewardJudge,
  teachRewards,
} from '../packages/tutelage/dist/students/index.js';
import { alpacaPairs, sharesOf } from './alpaca-preferences.js';
import { bootstrap, isLonger, overInstructions, settings } from './preference-accuracy.js';

const usage = `npm run bench -- reward-accuracy --model FILE --data FOLDER

  --model  SmolLM2-135M-Instruct: a GGUF file, or a folder as Hugging Face lays it out
  --data   annotations of AlpacaEval, one .json.gz a model`;

/** A reward model from SmolLM2-135M by low-rank changes, one pass, and how often it ranks held-out pairs as the judge did. */
export async function benchmarkRewardAccuracy(argv) {
  const { values } = parseArgs({
    args: argv,
    options: { model: { type: 'string' }, data: { type: 'string' } },
  });
  if (!values.model || !values.data) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const model = await openCausalModel(values.model);
  const { train, test } = sharesOf(
    alpacaPairs(values.data, model, settings.longest),
    settings,
    settings.seed,
  );
  const start = process.cpuUsage();
  const taught = await teachRewards({
    ...settings,
    model: initRewardModel(model),
    pairs: train,
    learningRate: 3e-4,
    threads: 1,
    signal: new AbortController().signal,
    onStep: (step, of, loss) => step % 8 === 0 && console.log(`${step} of ${of}: loss ${loss.toFixed(3)}`),
  });
  const { user, system } = process.cpuUsage(start);
  const judge = rewardJudge(taught, { threads: 1 });
  const rewards = await pairRewards(judge, test);
  await judge.dispose();
  const { accuracyOf, size } = overInstructions(test);
  const right = rewards.map((own) => pairAccuracy([own]));
  const report = {
    ranked: bcaInterval(accuracyOf(right), size, bootstrap),
    longer: bcaInterval(accuracyOf(test.map(isLonger)), size, bootstrap),
    agreesWithLonger: accuracyOf(right.map((one, i) => Number(one === isLonger(test[i]))))([
      ...Array(size).keys(),
    ]),
  };
  console.log(`${train.length} pairs in ${((user + system) / 1e6).toFixed(0)} s of processor time`);
  console.log(`${test.length} held-out pairs: ${JSON.stringify(report, undefined, 2)}`);
  console.log(`peak memory ${((process.resourceUsage().maxRSS * 1024) / 1e9).toFixed(2)} GB`);
}
