import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { optim, random } from '@tutelage/engine';
import { z } from 'zod';
import { mean } from '../../assessment/checks.js';
import { argMax, probabilities } from '../../assessment/probabilities.js';
import { percent } from '../../assessment/wording.js';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import { resultsOf } from '../../claims/results.js';
import { interleaved, type Trial } from '../../claims/trials.js';
import type { Arm } from '../../core/claim.js';
import { UserError } from '../../core/errors.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { cyclicalShares } from '../../curricula/cyclical-shares.js';
import { drawWithoutReplacement, shuffled } from '../../curricula/weighted-draw.js';
import {
  type AnyClassification,
  type OwnClassification,
  readOwnClassification,
} from '../../own-data/own-classification.js';
import { runOwnTrials } from '../../own-data/own-trials.js';
import type { ClassifierStudent } from '../../students/classifier.js';
import { type ClassifierLearner, classifierLearner } from '../../students/classifier-learner.js';
import { imageNano } from '../../students/image-presets.js';
import { noisySample } from '../../tasks/noisy-sample.js';

/*
 * Cyclical curriculum learning: Kesgin & Amasyali, "Cyclical Curriculum Learning", IEEE TNNLS 2023. The amount of data swings
 * through the training: a small easy part, half, all, half, small again, so that curriculum and plain training alternate.
 */

const params = z.object({
  start: z.number().gt(0).max(1).default(0.25).describe('smallest share of the data'),
  end: z.number().gt(0).max(1).default(1).describe('greatest share of the data'),
  factor: z.number().gt(0).lt(1).default(0.5).describe('from one share to the next'),
  passes: z.number().positive().default(30).describe('passes over all data that the shares add up to'),
  scoringPasses: z.number().positive().default(30).describe('passes of the run that finds what is easy'),
  order: z
    .enum(['easy', 'random', 'hard'])
    .default('easy')
    .describe('which examples small parts are made of'),
  seeds: z.int().min(1).default(3).describe('runs of each arm on your own data'),
});

type Order = z.output<typeof params>['order'];

interface Sample<I> {
  readonly inputs: readonly I[];
  readonly classes: readonly number[];
}

/** What one run is: a new net of the student's kind, taught by entries. */
interface Lessons<I> {
  readonly student: ClassifierStudent<I>;
  readonly train: Sample<I>;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Far below the loss of anything learned, so that 1 / loss stays finite. */
const leastLoss = 1e-7;

/**
 * Teaches in entries. For a share n, floor(N n) of the N examples are drawn without replacement in proportion to their scores, and
 * passed once in random order; the optimizer's state goes on from entry to entry. A share of 1 is a plain epoch.
 */
async function teach<I>(
  lessons: Lessons<I>,
  shares: readonly number[],
  scores: ArrayLike<number>,
  options: {
    readonly schedule?: optim.Schedule;
    readonly afterEntry?: (learner: ClassifierLearner<I>, entry: number) => Promise<void>;
  } = {},
): Promise<ClassifierLearner<I>> {
  const { student, train, batchSize, learningRate, seed, signal } = lessons;
  const { schedule, afterEntry } = options;
  const learner = classifierLearner(student, { learningRate, seed, ...(schedule && { schedule }) });
  for (const [entry, share] of shares.entries()) {
    const key = random.foldIn(random.foldIn(random.key(seed), 'entries'), entry);
    const count = Math.floor(train.inputs.length * share);
    const drawn = drawWithoutReplacement(scores, count, key);
    const order = shuffled(count, random.foldIn(key, 'order')).map((i) => drawn[i]!);
    for (let start = 0; start < count && !signal.aborted; start += batchSize) {
      const rows = order.slice(start, start + batchSize);
      await learner.learn(
        rows.map((row) => train.inputs[row]!),
        rows.map((row) => train.classes[row]!),
      );
    }
    await afterEntry?.(learner, entry);
  }
  return learner;
}

/** A score for each example: 1 / loss for easy first, loss for hard first, after a plain run of its own. */
async function scoresOf<I>(lessons: Lessons<I>, order: Order, passes: number): Promise<Float64Array> {
  const { train } = lessons;
  const alike = new Float64Array(train.inputs.length).fill(1);
  if (order === 'random') return alike;
  const learner = await teach(lessons, plainShares(passes), alike);
  const logits = await learner.predict(train.inputs);
  await learner.dispose();
  const losses = logits.map(
    (own, i) => -Math.log(probabilities(own)[train.classes[i]!]! + leastLoss) + leastLoss,
  );
  return Float64Array.from(losses, (loss) => (order === 'easy' ? 1 / loss : loss));
}

function plainShares(passes: number): number[] {
  return new Array<number>(Math.round(passes)).fill(1);
}

async function accuracyOf<I>(learner: ClassifierLearner<I>, { inputs, classes }: Sample<I>): Promise<number> {
  const logits = await learner.predict(inputs);
  return mean(logits.map((own, i) => Number(argMax(own) === classes[i])));
}

const method = defineMethod({
  id: 'cyclical-curriculum',
  room: 'curricula',
  paper: { card: 41, title: 'Cyclical Curriculum Learning', year: 2022, arxiv: '2202.05531' },
  teaches: 'any classifier, by an amount of data that swings between its easiest part and all of it',
  params,
  run: (input: AnyClassification, settings, context) =>
    input.kind === 'text' ? teachOwn(input, settings, context) : teachOwn(input, settings, context),
});

const hardestShown = 50;
/** Accuracy on the validation split after each entry, and on the test split at the end. */
const outcome = z.object({ validation: z.array(z.number()), test: z.number() });

/** The user's own data: the curriculum against plain training and against a cycle without order, seed by seed. */
async function teachOwn<I>(
  data: OwnClassification<I>,
  settings: z.output<typeof params>,
  { seed, folder, signal, say }: MethodContext,
): Promise<Taught> {
  const { train, validation, test } = data.splits;
  for (const warning of data.warnings) say(`warning: ${warning}`);
  const shares = cyclicalShares(settings);
  const { seeds: count, ...settled } = settings;
  const { start, order, passes, scoringPasses } = settings;
  const smallest = Math.floor(train.inputs.length * start);
  const seeds = Array.from({ length: count }, (_, i) => seed + i);
  const arms = [
    { id: 'plain', shares: plainShares(passes), order: 'random' },
    { id: 'cycle without order', shares, order: 'random' },
    { id: `cycle, ${order} first`, shares, order },
  ] as const;
  const run = async ({ arm: id, seed: own }: Trial): Promise<z.output<typeof outcome>> => {
    const student = await data.student(train.inputs, own);
    const { batchSize, learningRate } = student.plan;
    if (smallest < Math.max(batchSize, data.labels.length)) {
      const hint = 'raise start';
      throw new UserError(`smallest part: ${smallest} examples: less than a batch or a class each`, { hint });
    }
    say(`seed ${own}: ${id}`);
    const arm = arms.find((one) => one.id === id)!;
    const lessons = { student, train, batchSize, learningRate, seed: own, signal };
    const scores = await scoresOf(lessons, arm.order, scoringPasses);
    const curve: number[] = [];
    const learner = await teach(lessons, arm.shares, scores, {
      afterEntry: async (learner) => void curve.push(await accuracyOf(learner, validation)),
    });
    const accuracy = await accuracyOf(learner, test);
    if (arm === arms[2] && own === seed && !signal.aborted) {
      writeHardest(join(folder, 'hardest.jsonl'), train.ids, scores, order);
      await data.ship(join(folder, 'student'), student, learner.trained(), accuracy);
    }
    await learner.dispose();
    return { validation: curve, test: accuracy };
  };
  const facts = { data: data.hash, seed, ...settled };
  const rows = await runOwnTrials(interleaved(arms, seeds), { folder, facts, outcome, run, signal });
  writeFileSync(join(folder, 'curves.json'), `${JSON.stringify({ shares, rows }, undefined, 2)}\n`);
  const results = resultsOf('accuracy', rows);
  const lines = results.map(({ id, metrics }) => `${id}: ${percent(metrics.accuracy!.estimate)} in the test`);
  return { lines: [...lines, `student and accuracy after each entry: ${folder}`], results };
}

/** The examples that the scoring run finds hardest: wrong labels are among them. */
function writeHardest(path: string, ids: readonly string[], scores: Float64Array, order: Order): void {
  const losses = Array.from(scores, (score) => (order === 'easy' ? 1 / score : score));
  const hardest = ids.map((id, i) => ({ id, loss: losses[i]! })).sort((a, b) => b.loss - a.loss);
  const lines = hardest.slice(0, hardestShown).map((row) => `${JSON.stringify(row)}\n`);
  if (order !== 'random') writeFileSync(path, lines.join(''));
}

/* The claim, on Fashion-MNIST with wrong labels: a pilot saw a gain there, and none on clean labels. */

const experiment = {
  data: 'fashion-mnist',
  train: 4000,
  test: 4000,
  noise: 0.2,
  student: 'image-nano',
  batchSize: 64,
  learningRate: 1e-3,
  passes: 20,
  earlyPasses: 4,
  lastEntries: 4,
  cycle: { start: 0.25, end: 1, factor: 0.5 },
} as const;

const format = { height: 28, width: 28, channels: 1 };
const labels = Array.from({ length: 10 }, (_, i) => String(i));

interface Treatment {
  readonly shares: readonly number[];
  readonly order?: Order;
  readonly scoringPasses?: number;
  readonly noise?: number;
  readonly cosine?: boolean;
}

function armsOf(scale: { readonly train: number; readonly test: number; readonly passes: number }): Arm[] {
  const { data, batchSize, learningRate, earlyPasses, lastEntries, cycle } = experiment;
  const { passes } = scale;
  const arm = (id: string, title: string, treatment: Treatment): Arm => ({
    id,
    title,
    async run(seed, signal) {
      const { shares, order = 'random', scoringPasses = passes, cosine = false } = treatment;
      const noise = treatment.noise ?? experiment.noise;
      const train = await noisySample(data, 'train', { count: scale.train, noise, seed });
      const test = await noisySample(data, 't10k', { count: scale.test, noise: 0, seed });
      const student = await imageNano(format).create(train.inputs, labels, random.key(seed));
      const lessons = { student, train, batchSize, learningRate, seed, signal };
      const scores = await scoresOf(lessons, order, scoringPasses);
      const accuracies: number[] = [];
      const batches = shares.map((share) => Math.ceil(Math.floor(scale.train * share) / batchSize));
      const total = batches.reduce((sum, count) => sum + count, 0);
      const learner = await teach(lessons, shares, scores, {
        ...(cosine && { schedule: optim.cosine({ total }) }),
        async afterEntry(learner, entry) {
          if (entry >= shares.length - lastEntries) accuracies.push(await accuracyOf(learner, test));
        },
      });
      await learner.dispose();
      return mean(accuracies);
    },
  });
  const plain = plainShares(passes);
  const swing = cyclicalShares({ ...cycle, passes });
  const up = swing.toSorted((a, b) => a - b);
  return [
    arm('plain', 'plain training', { shares: plain }),
    arm('easy', 'cycle, easy first', { shares: swing, order: 'easy' }),
    arm('easy-early', 'cycle, easy first by an early scorer', {
      shares: swing,
      order: 'easy',
      scoringPasses: earlyPasses,
    }),
    arm('random', 'cycle without order', { shares: swing }),
    arm('hard', 'cycle, hard first', { shares: swing, order: 'hard' }),
    arm('easy-up', 'the same parts from small to all, easy first', { shares: up, order: 'easy' }),
    arm('easy-down', 'the same parts from all to small, easy first', {
      shares: up.toReversed(),
      order: 'easy',
    }),
    arm('plain-cosine', 'plain training, rate falling to 0', { shares: plain, cosine: true }),
    arm('plain-twice', 'plain training, twice as long', { shares: plainShares(2 * passes) }),
    arm('plain-clean', 'plain training, clean labels', { shares: plain, noise: 0 }),
    arm('easy-clean', 'cycle, easy first, clean labels', { shares: swing, order: 'easy', noise: 0 }),
  ];
}

const claim = defineClaim({
  method: method.id,
  statement:
    'With a fifth of the training labels redrawn at random, the easy cycle is at least a point more accurate than plain training of equally many passes.',
  metric: { name: 'accuracy on clean test images, mean of the last four entries', better: 'higher' },
  arm: 'easy',
  against: 'plain',
  arms: armsOf(experiment),
  quickArms: armsOf({ train: 512, test: 256, passes: 3 }),
  seeds: [201, 202, 203, 204, 205, 206, 207, 208, 209, 210],
  smallestEffect: 0.01,
  fails:
    'The interval of the lead lies below a point. Order plays no part if the cycle without order does as well; cycling plays none if one way down does.',
  published: 'CIFAR-10: 74.1 % against 70.3 %, the best of all checks on the test set, one run',
  budget: 30,
  data: ['fashion-mnist'],
  settings: experiment,
});

export const cyclicalCurriculum = defineMethodFile({
  method,
  claim,
  task: 'classification',
  data: 'labelled texts (CSV, TSV, JSON lines, Parquet) or images (a folder for each class, or IDX files)',
  cost: 'twice the passes of plain training: one run finds what is easy, the other teaches',
  reading:
    'The cycle itself is not what helps: the same parts from all to small do as well, and a learning rate that falls to 0 gains twice as much without a scoring run. On clean labels the cycle costs half a point.',
  read: readOwnClassification,
});
