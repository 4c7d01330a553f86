import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { classGeometry } from '../../curricula/class-order.js';
import { type RankedOrder, rankedOrders } from '../../curricula/ranked-orders.js';
import {
  type ClassOrderExperiment,
  drawnSet,
  rankingArms,
  repeatArms,
} from '../../experiments/class-order-arms.js';
import {
  ordersToTry,
  reportMeasured,
  taskNames,
  writeCourse,
  writeDistances,
  writeOrders,
} from '../../own-data/class-order-report.js';
import { type OwnClasses, readOwnClasses } from '../../own-data/own-classes.js';
import { runOwnTrials } from '../../own-data/own-trials.js';
import { type SeenClasses, seenClasses, taskDistances } from '../../own-data/seen-classes.js';
import { learnInOrders } from '../../students/learn-in-orders.js';

/*
 * Curriculum Designer: Singh et al., "Learning to Learn: How to Continuously Teach Humans and Machines", ICCV 2023. Who meets classes one
 * after the other, and none twice, remembers more of them in some orders than in others. Which, is foretold by how far apart the classes
 * are, before anything is learned.
 */

const count = z.int().min(1);
const params = z.object({
  learner: z
    .enum(['network', 'person'])
    .default('network')
    .describe('who learns: orders are tried on small networks, or a course is planned for a person'),
  metric: z.enum(['cosine', 'euclidean']).default('cosine').describe('how far class means are apart'),
  orders: count.default(120).describe('best orders to list'),
  verify: z
    .int()
    .min(0)
    .default(9)
    .describe('orders to try: a third each from the top, the middle and the bottom'),
  runs: count.default(3).describe('runs of each order that is tried'),
  replay: z.int().min(0).default(0).describe('examples of each past class that are seen again'),
  perClass: count.default(300).describe('most examples of a class to learn from'),
  hidden: count.default(64).describe('width of the networks'),
  batchSize: z.int().min(2).multipleOf(2).default(16).describe('examples of an update'),
  learningRate: z.number().positive().default(1e-3).describe('of the networks'),
  minutes: z.number().positive().default(10).describe('minutes of a step of a course'),
  testItems: count.default(3).describe('test items of each class so far, after a step of a course'),
});
type Settings = z.output<typeof params>;

const method = defineMethod({
  id: 'curriculum-designer',
  room: 'curricula',
  paper: {
    card: 7,
    title: 'Learning to Learn: How to Continuously Teach Humans and Machines',
    year: 2022,
    arxiv: '2211.15470',
  },
  teaches: 'classes one after the other, in an order in which a network or a person forgets few of them',
  params,
  run: teachOwn,
});

/* The user's own classes. */

async function teachOwn(own: OwnClasses, settings: Settings, context: MethodContext): Promise<Taught> {
  const { folder, seed, say } = context;
  for (const warning of own.warnings) say(`warning: ${warning}`);
  const key = random.foldIn(random.key(seed), 'curriculum designer');
  const seen = own.classes.length > 0 ? await seenClasses(own, settings, key) : undefined;
  const distances = taskDistances(own.distances ?? seen!.distances, own.tasks);
  const names = taskNames(own);
  writeDistances(folder, names, distances);
  const ranked = rankedOrders(classGeometry(distances), own.before, random.stream(key));
  writeOrders(folder, names, ranked.slice(0, settings.orders));
  const [best] = ranked;
  const between = distances.flatMap((row, i) => row.filter((_, j) => j !== i));
  const lines = between.every((one) => Math.abs(one - between[0]!) < 1e-9)
    ? ['no order is preferred: all classes are equally far apart']
    : [
        `best order: ${best!.order.map((one) => names[one]).join(' > ')}`,
        `score ${best!.score.total.toFixed(3)}; the worst of ${ranked.length} has ${ranked.at(-1)!.score.total.toFixed(3)}`,
      ];
  if (settings.learner === 'person') {
    writeCourse(folder, own, best!.order, { ...settings, dice: random.stream(random.foldIn(key, 'course')) });
    lines.push(`a course of ${names.length} steps: ${join(folder, 'plan.csv')}`);
  } else if (settings.verify > 0) {
    lines.push(...(await tried(own, seen, ranked, settings, context)));
  }
  return { lines: [...lines, `orders and distances: ${folder}`] };
}

const keptSchema = z.object({
  kept: z.array(z.object({ average: z.number(), forgetting: z.number(), score: z.number() })),
});

/** Has small networks learn in orders of the top, the middle and the bottom. */
async function tried(
  own: OwnClasses,
  seen: SeenClasses | undefined,
  ranked: readonly RankedOrder[],
  settings: Settings,
  { folder, seed, signal, say }: MethodContext,
): Promise<string[]> {
  const { tasks, width } = seen ?? {};
  if (!tasks || width === undefined) {
    return [`no order was tried: ${seen ? 'a class has fewer than 5 examples' : 'there are no examples'}`];
  }
  const { runs, verify, learner, minutes, testItems, orders, ...learning } = settings;
  const chosen = ordersToTry(ranked, verify);
  const found = await runOwnTrials(
    Array.from({ length: runs }, (_, i) => ({ arm: 'orders', seed: seed + i })),
    {
      folder,
      facts: { data: own.hash, seed, verify, ...learning },
      outcome: keptSchema,
      signal,
      async run({ seed: run }) {
        say(`run ${run - seed + 1} of ${runs}: ${chosen.length} orders`);
        const kept = await learnInOrders(
          tasks,
          chosen.map(({ rank }) => ranked[rank]!.order),
          { ...learning, width, classes: own.labels.length, key: random.key(run), signal },
        );
        return { kept: kept ?? [] };
      },
    },
  );
  if (found.length === 0) return [];
  const names = taskNames(own);
  return reportMeasured(
    folder,
    names,
    ranked,
    chosen,
    found.map(({ kept }) => kept),
  );
}

/*
 * The claims, on Fashion-MNIST. A small net meets five classes one after the other, 300 images of each once, in all 120 orders. It sees
 * them by frozen features that were found on the other five classes.
 */

const experiment = {
  fitted: 400,
  width: 64,
  train: 300,
  test: 200,
  hidden: 64,
  batchSize: 16,
  learningRate: 1e-3,
  replays: [0, 10],
  runs: 3,
  permutations: 1000,
  top: 0.1,
} as const satisfies ClassOrderExperiment;

const quick: ClassOrderExperiment = {
  ...experiment,
  fitted: 40,
  width: 8,
  train: 32,
  test: 20,
  runs: 2,
  permutations: 20,
};

const sets = [
  [0, 1, 2, 3, 4],
  [5, 6, 7, 8, 9],
  [0, 2, 4, 6, 9],
];
const threeSets = () => sets;

const published =
  'significant overlap of its best orders with those measured, in words; on CIFAR-10, F of 0.403 and 0.330 for the ten best and worst of 120 orders, chosen by the outcome';

const claim = defineClaim({
  method: method.id,
  statement:
    "Without any learning, Curriculum Designer's scores of 120 orders correlate with what learners keep (F) by 0.2 more than a ranking at random, over three sets of classes and two learners.",
  metric: { name: 'rank correlation with F, mean of six cells', better: 'higher' },
  arm: 'curriculum-designer',
  against: 'random',
  arms: rankingArms(threeSets, experiment),
  quickArms: rankingArms(() => sets.slice(0, 1), quick),
  seeds: [1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010],
  smallestEffect: 0.2,
  parts: [
    {
      statement:
        'In four cells more than for its reverse, the correlation is 0.2 or more, with p below 0.05 among 1,000 shuffled rankings.',
      arm: 'curriculum-designer',
      against: 'reversed',
      figure: { name: 'cells that hold', better: 'higher' },
      least: 4,
    },
  ],
  fails:
    "The interval of the lead lies below 0.2, or the correlation is found in fewer cells. Intervals are over images and initial weights: the sets of classes stay the same. How the score's parts, other orders and a fitted model do is reported, not claimed.",
  published,
  budget: 6,
  data: ['fashion-mnist'],
  settings: { ...experiment, sets },
});

const orderClaim = defineClaim({
  method: method.id,
  experiment: 'repeats',
  statement:
    'The order of classes matters: what orders come to (F) in one run correlates by 0.3 or more with another run of other images and initial weights.',
  metric: { name: 'rank correlation of F between runs, mean of six cells', better: 'higher' },
  arm: 'measured',
  against: 'shuffled',
  arms: repeatArms(threeSets, experiment),
  quickArms: repeatArms(() => sets.slice(0, 1), quick),
  seeds: [1101, 1102, 1103, 1104, 1105, 1106, 1107, 1108, 1109, 1110],
  smallestEffect: 0.3,
  parts: [
    {
      statement: 'p is below 0.01 among 1,000 runs with shuffled orders, in nine of ten seeds.',
      arm: 'measured',
      against: 'shuffled',
      figure: { name: 'p below 0.01', better: 'higher' },
      least: 0.9,
    },
  ],
  fails: 'The interval of the correlation lies below 0.3: what an order comes to is chance.',
  published: 'a consistent influence of the order on people and several algorithms, in words',
  budget: 4,
  data: ['fashion-mnist'],
  settings: { ...experiment, sets },
});

const setsClaim = defineClaim({
  method: method.id,
  experiment: 'sets',
  statement:
    'So do its scores for five classes that are drawn anew for each seed, by 0.2 more than a ranking at random.',
  metric: { name: 'rank correlation with F, mean of two learners', better: 'higher' },
  arm: 'curriculum-designer',
  against: 'random',
  arms: rankingArms(drawnSet, experiment),
  quickArms: rankingArms(drawnSet, quick),
  seeds: Array.from({ length: 20 }, (_, i) => 1201 + i),
  smallestEffect: 0.2,
  fails: 'The interval of the lead lies below 0.2: what holds for some sets of classes does not for others.',
  published,
  budget: 5,
  data: ['fashion-mnist'],
  settings: experiment,
});

export const curriculumDesigner = defineMethodFile({
  method,
  claim,
  data: 'a folder of images with a folder for each class, a table of texts with labels, or one of features (`label` and numbers); or a JSON file that names such `classes`, a square table of `distances` or both, perhaps pairs of what comes `before` what, and `tasks` of several classes',
  cost: 'seconds: features once, and all orders of up to eight classes are scored at once; trying orders costs a pass over the examples each',
  reading:
    "CD's scores foretell what is kept, in all six cells: a correlation of 0.38, and its best tenth of the orders comes to 0.075 more in F than the mean, where the best and the worst are half a point apart. Its simplest part does better alone: with the most central class first the correlation is 0.65. That late classes should be like early ones helps (0.37), that neighbours should be unlike hardly does (0.06), and Euclidean distances are worse (0.12). F counts what is forgotten of the first class, so that what comes first decides much of it: with accuracy over all classes CD's correlation is 0.23. A linear model that has seen half of the orders reaches 0.83. In the authors' released results their ranking is no better than chance, as the card recounts: there nets forgot nearly all.",
  further: [
    {
      claim: orderClaim,
      reading:
        'What an order comes to repeats itself: 0.69 for F, 0.36 for accuracy alone. Replay of ten images a class makes it a little less certain. EWC and LwF were not tried.',
    },
    {
      claim: setsClaim,
      reading:
        'A held-out check: nothing was chosen on these sets. Over twenty of them CD correlates by 0.25 with F (from -0.07 to 0.56), hardly with accuracy (0.07); the most central class first alone reaches 0.37.',
    },
  ],
  read: readOwnClasses,
});
