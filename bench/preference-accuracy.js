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
  /** Pairs of a trial of a learning rate. */
  trial: 128,
  beta: 0.1,
  batchSize: 8,
  loraRank: 16,
  seed: 1,
};

/**
 * Direct preference optimisation of SmolLM2-135M by low-rank changes, one pass, and how often it ranks held-out pairs as the judge did.
 * Trials on the first pairs choose the learning rate by the loss of validation pairs; test pairs are looked at once, before and after.
 */
export async function benchmarkPreferenceAccuracy(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      model: { type: 'string' },
      data: { type: 'string' },
      rate: { type: 'string', multiple: true, default: ['3e-4', '1e-3'] },
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
  const tuned = (pairs, learningRate) =>
    timed(`training on ${pairs.length} pairs, rate ${learningRate}`, () =>
      dpoCausal({
        ...settings,
        ...session,
        model,
        pairs,
        reference: known.train.slice(0, pairs.length),
        learningRate,
        onStep: (step, of, loss) =>
          step % 8 === 0 && console.log(`${step} of ${of}: loss ${loss.toFixed(3)}`),
      }),
    );
  const onValidation = async (by) => {
    const logs = await pairLogs(by, shares.validation, session);
    const [loss, likelier, gained] = [
      lossOf(logs, known.validation),
      pairAccuracy(logs),
      pairAccuracy(logs, known.validation),
    ];
    console.log(
      `validation: loss ${loss.toFixed(4)} (${Math.LN2.toFixed(4)} before), likelier ${likelier.toFixed(3)} (${pairAccuracy(known.validation).toFixed(3)} before), gained on the other ${gained.toFixed(3)}`,
    );
    return loss;
  };
  let best;
  for (const learningRate of values.rate.map(Number)) {
    const loss = await onValidation(await tuned(shares.train.slice(0, settings.trial), learningRate));
    if (!best || loss < best.loss) best = { learningRate, loss };
  }
  const { learningRate } = best;
  const taught = await tuned(shares.train, learningRate);
  await onValidation(taught);
  const after = await pairLogs(taught, shares.test, session);
  const report = reportOf(shares.test, known.test, after);
  console.log(`test, rate ${learningRate}:\n${JSON.stringify(report, undefined, 2)}`);
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
    JSON.stringify({ settings, learningRate, report, peakRss, rows }),
  );
}

const tokensOf = (pairs) =>
  pairs
    .flatMap(({ chosen, rejected }) => [chosen, rejected])
    .reduce((sum, { prompt, answer }) => sum + prompt.length + answer.length, 0);

/** The mean loss of direct preference optimisation. */
const lossOf = (logs, known) =>
  logs
    .map(({ chosen, rejected }, i) => chosen - known[i].chosen - (rejected - known[i].rejected))
    .reduce((sum, margin) => sum + Math.log1p(Math.exp(-settings.beta * margin)) / logs.length, 0);

export const bootstrap = { key: random.key(settings.seed), resamples: 10_000 };

export const isLonger = ({ chosen, rejected }) => Number(chosen.answer.length > rejected.answer.length);

/** The mean of values of pairs, as a statistic of samples of instructions. */
export function overInstructions(pairs) {
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
  return { accuracyOf, size: members.length };
}

/** Accuracies before and after with intervals over instructions, whose pairs are not independent. */
function reportOf(pairs, before, after) {
  const perToken = (logs) =>
    logs.map(({ chosen, rejected }, i) => ({
      chosen: chosen / pairs[i].chosen.answer.length,
      rejected: rejected / pairs[i].rejected.answer.length,
    }));
  const right = (logs, reference) => logs.map((_, i) => pairAccuracy([logs[i]], reference && [reference[i]]));
  const { accuracyOf, size } = overInstructions(pairs);
  const compared = (first, second) => ({
    before: bcaInterval(accuracyOf(first), size, bootstrap),
    after: bcaInterval(accuracyOf(second), size, bootstrap),
    gain: pairedBootstrap(accuracyOf(second), accuracyOf(first), size, bootstrap),
    mcnemar: mcnemar(first, second),
  });
  return {
    pairs: pairs.length,
    instructions: size,
    likelier: compared(right(before), right(after)),
    likelierPerToken: compared(right(perToken(before)), right(perToken(after))),
    gainedOnTheOther: bcaInterval(accuracyOf(right(after, before)), size, bootstrap),
    longer: bcaInterval(accuracyOf(pairs.map(isLonger)), size, bootstrap),
  };
}
