import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { meanOf, pairedBootstrap, percentileInterval } from '../assessment/bootstrap.js';
import { bestBudget, explainedCount } from '../assessment/budget-curve.js';
import { mean } from '../assessment/checks.js';
import { percent } from '../assessment/wording.js';
import { type Decided, helpCalibration, rightness } from '../teachers/budgeted-teaching.js';
import { tells } from '../teachers/prompted-teacher.js';

const curveBudgets = [0, 0.2, 0.4, 0.6, 0.8, 1];
const calibrationGroups = 5;

/** Writes a line for each question: whether to explain it, its score, both simulated probabilities, the explanation, the answer. */
export function writeInterventions(path: string, { batch, scores, order, explained }: Decided): void {
  const chosen = new Set(order.slice(0, explained));
  const rows = batch.map(({ question, taught, simulated, alone, helped }, i) => ({
    id: question.id,
    explain: chosen.has(i),
    score: Number.isFinite(scores[i]) ? scores[i] : null,
    alone: simulated.alone,
    helped: simulated.helped,
    explanation: taught?.explanation ?? null,
    answer: (chosen.has(i) && helped ? helped : alone).label ?? null,
  }));
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/** How often explanations name the answer that they are meant to lead to. */
export function toldShare({ batch }: Decided): number {
  const taught = batch.flatMap((one) => (one.taught ? [one.taught] : []));
  const told = taught.filter(({ label, explanation }) => label !== undefined && tells(explanation, label));
  return told.length / Math.max(1, taught.length);
}

/** The accuracy at each budget beside help at random, and where help ends to pay; where answers are known. */
export function budgetLines(
  { batch, order, explained, observed }: Decided,
  { budget, key, folder }: { readonly budget: number; readonly key: random.Key; readonly folder: string },
): string[] {
  if (batch.some(({ question }) => question.answer === undefined)) {
    return ['no accuracy: not all answers are known'];
  }
  if (batch.some(({ helped }) => helped === undefined)) {
    const chosen = order.slice(0, explained).map((at) => batch[at]!);
    const [before, after] = [rightness(chosen, 'alone'), rightness(chosen, 'helped')];
    return [
      `${percent(mean(rightness(batch, 'alone')))} right alone; of the ${explained} explained ${before.filter(Boolean).length} alone and ${after.filter(Boolean).length} with help`,
    ];
  }
  const [alone, helped] = [rightness(batch, 'alone'), rightness(batch, 'helped')];
  const rightAt = (share: number) => {
    const chosen = new Set(order.slice(0, explainedCount(share, order.length)));
    return alone.map((right, i) => (chosen.has(i) ? helped[i]! : right));
  };
  // At random, each question is explained as often as the budget says.
  const byChance = (share: number) => alone.map((right, i) => right + share * (helped[i]! - right));
  const bootstrap = { key: random.foldIn(key, 'intervals') };
  const curve = curveBudgets.map((share) => ({
    budget: share,
    ...percentileInterval(meanOf(rightAt(share)), alone.length, bootstrap),
    atRandom: mean(byChance(share)),
  }));
  const lead = pairedBootstrap(meanOf(rightAt(budget)), meanOf(byChance(budget)), alone.length, bootstrap);
  const best = bestBudget({ budgets: curveBudgets, accuracies: curve.map(({ estimate }) => estimate) });
  const calibration = helpCalibration([...observed, ...batch], calibrationGroups);
  const report = { curve, lead, best, calibration };
  writeFileSync(join(folder, 'curve.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  return [
    ...curve.map(
      (at) =>
        `${percent(at.budget)} explained: ${percent(at.estimate)} right (${percent(at.low)} to ${percent(at.high)}); at random ${percent(at.atRandom)}`,
    ),
    `lead over help at random at ${percent(budget)}: ${(100 * lead.estimate).toFixed(1)} points (${(100 * lead.low).toFixed(1)} to ${(100 * lead.high).toFixed(1)})`,
    `most are right at ${percent(best)}: explain no more than that`,
  ];
}
