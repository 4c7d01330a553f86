import { z } from 'zod';
import { mean } from '../../assessment/checks.js';
import { decimal, percent } from '../../assessment/wording.js';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { type SupportExperiment, supportArms } from '../../experiments/support-arms.js';
import {
  writeDataSheet,
  writePlans,
  writeReliability,
  writeSupportModel,
} from '../../own-data/support-plans.js';
import { hiddenRatings } from '../../students/hidden-ratings.js';
import { similarities } from '../../students/neighbour-ratings.js';
import { supportFolds } from '../../students/support-folds.js';
import { families, supportPredictor } from '../../students/support-predictor.js';
import {
  type QuestionnaireChecks,
  type ReadQuestionnaire,
  readQuestionnaire,
} from '../../tasks/questionnaires/read-questionnaire.js';

/*
 * VRAIlexia: Zingoni et al., "Determining the Difficulties of Students With Dyslexia via Virtual Reality and Artificial Intelligence: An
 * Exploratory Analysis", 2022. Learners say what is hard for them and which tools and strategies help. From what earlier learners said, a
 * classifier for each support tells which will help a new one; from ratings, so do learners who are alike (Morciano et al. 2024).
 */

const params = z.object({
  family: z
    .enum(families)
    .default('logistic')
    .describe('a logistic regression for each support, or one net for all'),
  corrected: z
    .boolean()
    .default(false)
    .describe("take off each learner's mean answer, since some people agree to everything"),
  balanced: z.boolean().default(false).describe('weigh the rarer outcome of a support as much as the other'),
  folds: z.int().min(2).default(5).describe('parts of the learners, each told by models of the others'),
  refuse: z
    .number()
    .min(0)
    .max(1)
    .default(0.55)
    .describe('least balanced accuracy of a support that is recommended'),
  plan: z.int().min(1).default(3).describe('tools, and strategies, in a plan'),
  similarity: z.enum(similarities).default('pearson').describe('of learners by their ratings'),
  neighbours: z.int().min(1).default(3).describe('learners whose ratings are taken'),
  itemShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe('weight of similar supports beside similar learners'),
  few: z.boolean().default(false).describe('let fewer than 100 learners do'),
  personal: z.boolean().default(false).describe('let age, gender, diagnoses and the like be features'),
});

const method = defineMethod({
  id: 'vrailexia',
  room: 'learners',
  paper: {
    card: 17,
    title:
      'Determining the Difficulties of Students With Dyslexia via Virtual Reality and Artificial Intelligence: An Exploratory Analysis',
    year: 2022,
    arxiv: '2402.01668',
  },
  teaches: 'which tools and strategies may help a learner, from what earlier learners found hard and useful',
  params,
  run: teachOwn,
});

/** The user's own questionnaire. */
async function teachOwn(
  read: (checks: QuestionnaireChecks) => ReadQuestionnaire,
  settings: z.output<typeof params>,
  { seed, folder, signal, say }: MethodContext,
): Promise<Taught> {
  const { data, warnings } = read(settings);
  for (const warning of warnings) say(`warning: ${warning}`);
  const training = { ...settings, seed };
  const found = await supportFolds(data, settings.folds, training);
  signal.throwIfAborted();
  const { reliability } = found;
  for (const { name, accuracy, majority } of reliability) {
    if (accuracy < majority + 0.02) {
      say(
        `${name}: ${percent(accuracy)} right is hardly more than the ${percent(majority)} of saying the same to all`,
      );
    }
  }
  const predictor = await supportPredictor(data, training);
  const none = await writePlans(folder, data, found, predictor, {
    size: settings.plan,
    refuse: settings.refuse,
  });
  writeReliability(folder, reliability);
  writeDataSheet(folder, data, warnings);
  writeSupportModel(folder, data, predictor);
  await predictor.dispose();
  const ratings = { folds: settings.folds, hidden: 0.2, seed };
  const [near, means] = [hiddenRatings(data, ratings, settings), hiddenRatings(data, ratings)];
  const over = (figure: 'accuracy' | 'majority' | 'balanced' | 'auc') =>
    mean(reliability.map((one) => one[figure]));
  return {
    lines: [
      `${data.learners.length} learners, ${data.supports.length} supports: ${percent(over('accuracy'))} right where the more frequent answer reaches ${percent(over('majority'))}; balanced accuracy ${percent(over('balanced'))}, AUC ${decimal(over('auc'), 3)}`,
      `no evidence (balanced accuracy below ${settings.refuse}): ${none.join(', ') || 'none'}`,
      `hidden ratings: neighbours are off by ${decimal(near.error, 3)}, the mean of each support by ${decimal(means.error, 3)}`,
      `plans, reliability, data sheet and model: ${folder}`,
    ],
  };
}

/* The claim, on learners whose traits are known. */

const experiment = {
  learners: 1237,
  difficulties: 18,
  supports: 39,
  traits: 4,
  folds: 5,
  refused: 8,
  hidden: 0.2,
  plan: 3,
} as const satisfies SupportExperiment;

const balanced = { name: 'balanced accuracy', better: 'higher' } as const;
const rises = (arm: string, against: string) => ({
  statement: `Supports that traits decide more are told better: ${arm.slice('logistic-'.length)} over ${against.slice('logistic-'.length)}.`,
  arm,
  against,
  figure: balanced,
  least: 0.02,
});

const claim = defineClaim({
  method: method.id,
  statement:
    'Difficulties tell what helps: 5 points more right answers than what most learners say of each support.',
  metric: { name: 'share of right answers to whether a support is useful', better: 'higher' },
  arm: 'logistic',
  against: 'majority',
  arms: supportArms(experiment),
  quickArms: supportArms({ ...experiment, learners: 150, folds: 2 }),
  parts: [
    rises('logistic-0.5', 'logistic-0'),
    rises('logistic-1', 'logistic-0.5'),
    rises('logistic-1.5', 'logistic-1'),
    {
      statement: 'Refusing the 8 least predictable gains 2 points of balanced accuracy.',
      arm: 'refusing',
      against: 'logistic',
      figure: balanced,
      least: 0.02,
    },
    {
      statement: 'Ten neighbours are off by at most 0.85 of what the mean rating is.',
      arm: 'neighbours-10',
      against: 'item-mean',
      figure: { name: 'ln of the mean absolute error', better: 'lower' },
      least: -Math.log(0.85),
    },
    {
      statement:
        'Without agreeing to everything nothing is told where there is nothing to tell: at most 53 %.',
      arm: 'corrected-0',
      against: 'majority',
      figure: { name: 'balanced accuracy', better: 'lower' },
      least: -0.03,
    },
    {
      statement: 'Learners rate what they are told to use higher than what is popular, by 0.1 of 5.',
      arm: 'logistic',
      against: 'majority',
      figure: { name: 'rating of plans', better: 'higher' },
      least: 0.1,
    },
  ],
  seeds: [1701, 1702, 1703, 1704, 1705, 1706, 1707, 1708, 1709, 1710],
  smallestEffect: 0.05,
  fails:
    'Difficulties say no more than popularity does, or something is told of supports that traits do not decide.',
  published:
    'about 90 % of tools and strategies right, without base rates; neighbours off by 0.81 of 5 (n = 3, mixed)',
  budget: 6,
  data: [],
  settings: experiment,
});

export const vrailexia = defineMethodFile({
  method,
  claim,
  data: 'a JSON file: `table` (a row for each learner), `id`, `features` (`column`, `low`, `high`), `supports` (the same with `kind`: tool or strategy), perhaps `missing` (codes), `threshold` (3) and `protected` (columns)',
  cost: 'seconds: a small training for each fold, and one on all learners',
  reading:
    'The majority rate beside it is what to look at: 82 % right are 6 points over saying the same to all, and the published 90 % come without base rates. Refusing the least predictable raises balanced accuracy (70 to 74 %), not plain accuracy, since rare outcomes are easily told by saying no. Agreeing to everything alone tells 56.5 % of supports that traits do not decide; taking off each mean answer leaves 49.8 %, and costs 3 points elsewhere. One net for all does no better than a regression each. Three neighbours, the published best, are worse than ten or thirty. What is real: no questionnaire of learners is public; the game test of dyslexia (Rello et al. 2020) was not run.',
  read: readQuestionnaire,
});
