import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { random } from '@tutelage/engine';
import { bcaInterval, mcnemar, pairedBootstrap } from '../packages/tutelage/dist/assessment/index.js';
import { openCausalModel } from '../packages/tutelage/dist/language/index.js';
import { dpoCausal, pairAccuracy, pairLogs } from '../packages/tutelage/dist/students/index.js';
import { alpacaPairs, sharesOf } from './alpaca-preferences.js';

const usage = `npm run bench -- preference-accuracy --model FILE --data FOLDER [--rate NUMBER]...

  --model  SmolLM2-135M-Instruct: a GGUF file, or a folder as Hugging Face lays it out
  --data   annotations of AlpacaEval, one .json.gz a model
  --rate   learning rates, of which validation pairs choose one`;

const output = new URL('../bench-results/', import.meta.url);
export const settings = {
  longest: 128,
  test: 500,
  validation: 120,
  beta: 0.1,
  batchSize: 8,
  loraRank: 16,
  seed: 1,
};

/**
 * Direct preference optimisation of SmolLM2-135M by low-rank changes, one pass, and how often it ranks held-out pairs as the judge did.
 * Validation pairs choose the learning rate; test pairs are looked at once, before and after.
 */
export async function benchmarkPreferenceAccuracy(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      model: { type: 'string' },
      data: { type: 'string' },
      rate: { type: 'string', multiple: true, default: ['1e-4', '3e-4', '1e-3'] },
    },
  });
  if (!values.model || !values.data) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const model = await openCausalModel(values.model);
  const shares = sharesOf(alpacaPairs(values.data, model, settings.longest), settings, settings.seed);
  for (const [name, pairs] of Object.entries(shares)) {
    const instructions = new Set(pairs.map(({ instruction }) => instruction)).size;
    console.log(`${name}: ${pairs.length} pairs of ${instructions} instructions, ${tokensOf(pairs)} tokens`);
  }
  const session = { signal: new AbortController().signal, threads: 1 };
  const timed = async (what, run) => {
    const start = process.cpuUsage();
    const result = await run();
    const { user, system } = process.cpuUsage(start);
    console.log(`${what}: ${((user + system) / 1e6).toFixed(0)} s of processor time`);
    return result;
  };
  const known = {};
  for (const [name, pairs] of Object.entries(shares)) {
    known[name] = await timed(`log-probabilities, ${name}`, () => pairLogs(model, pairs, session));
  }
  let best;
  for (const learningRate of values.rate.map(Number)) {
    const losses = [];
    const tuned = await timed(`training, rate ${learningRate}`, () =>
      dpoCausal({
        ...settings,
        ...session,
        model,
        pairs: shares.train,
        reference: known.train,
        learningRate,
        onStep: (_, __, loss) => losses.push(loss),
      }),
    );
    const logs = await pairLogs(tuned, shares.validation, session);
    const accuracy = pairAccuracy(logs);
    const third = Math.ceil(losses.length / 3);
    const meanOf = (own) => own.reduce((sum, x) => sum + x, 0) / own.length;
    console.log(
      `rate ${learningRate}: validation ${accuracy.toFixed(3)} after ${pairAccuracy(known.validation).toFixed(3)}, implicit ${pairAccuracy(logs, known.validation).toFixed(3)}; loss ${meanOf(losses.slice(0, third)).toFixed(3)} in the first third, ${meanOf(losses.slice(-third)).toFixed(3)} in the last`,
    );
    if (!best || accuracy > best.accuracy) best = { learningRate, accuracy, tuned };
  }
  const after = await pairLogs(best.tuned, shares.test, session);
  const report = reportOf(shares.test, known.test, after);
  console.log(`test, rate ${best.learningRate}:\n${JSON.stringify(report, undefined, 2)}`);
  const peakRss = process.resourceUsage().maxRSS * 1024;
  console.log(`peak memory ${(peakRss / 1e9).toFixed(2)} GB`);
  mkdirSync(output, { recursive: true });
  const rows = shares.test.map(({ instruction, chosen, rejected }, i) => ({
    instruction,
    tokens: [chosen.answer.length, rejected.answer.length],
    before: known.test[i],
    after: after[i],
  }));
  writeFileSync(
    new URL('preference-accuracy.json', output),
    JSON.stringify({ settings, learningRate: best.learningRate, report, peakRss, rows }),
  );
}

const tokensOf = (pairs) =>
  pairs
    .flatMap(({ chosen, rejected }) => [chosen, rejected])
    .reduce((sum, { prompt, answer }) => sum + prompt.length + answer.length, 0);

/** Accuracies before and after with intervals over instructions, whose pairs are not independent. */
function reportOf(pairs, before, after) {
  const perToken = (logs) =>
    logs.map(({ chosen, rejected }, i) => ({
      chosen: chosen / pairs[i].chosen.answer.length,
      rejected: rejected / pairs[i].rejected.answer.length,
    }));
  const right = (logs, reference) => logs.map((_, i) => pairAccuracy([logs[i]], reference && [reference[i]]));
  const instructions = [...new Set(pairs.map(({ instruction }) => instruction))];
  const members = instructions.map((own) => [...pairs.keys()].filter((i) => pairs[i].instruction === own));
  const accuracyOf = (values) => (positions) => {
    let [sum, count] = [0, 0];
    for (const position of positions) {
      for (const i of members[position]) sum += values[i];
      count += members[position].length;
    }
    return sum / count;
  };
  const bootstrap = { key: random.key(settings.seed), resamples: 10_000 };
  const compared = (first, second) => ({
    before: bcaInterval(accuracyOf(first), members.length, bootstrap),
    after: bcaInterval(accuracyOf(second), members.length, bootstrap),
    gain: pairedBootstrap(accuracyOf(second), accuracyOf(first), members.length, bootstrap),
    mcnemar: mcnemar(first, second),
  });
  return {
    pairs: pairs.length,
    instructions: instructions.length,
    likelier: compared(right(before), right(after)),
    likelierPerToken: compared(right(perToken(before)), right(perToken(after))),
    gainedOnTheOther: bcaInterval(accuracyOf(right(after, before)), members.length, bootstrap),
    longer: accuracyOf(
      pairs.map(({ chosen, rejected }) => Number(chosen.answer.length > rejected.answer.length)),
    )(members.keys()),
  };
}
