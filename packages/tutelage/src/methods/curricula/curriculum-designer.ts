import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import { UserError } from '../../core/errors.js';
import { defineMethod } from '../../core/method.js';
import {
  type ClassOrderExperiment,
  drawnSet,
  rankingArms,
  repeatArms,
} from '../../experiments/class-order-arms.js';

/*
 * Curriculum Designer: Singh et al., "Learning to Learn: How to Continuously Teach Humans and Machines", ICCV 2023. Who meets classes one
 * after the other, and none twice, remembers more of them in some orders than in others. Which, is foretold by how far apart the classes
 * are, before anything is learned.
 */

const params = z.object({
  orders: z.int().min(1).default(10).describe('best orders to list'),
});

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
  async run(): Promise<Taught> {
    throw new UserError('not yet');
  },
});

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
  data: 'to come',
  cost: 'to come',
  reading: '',
  further: [
    { claim: orderClaim, reading: '' },
    { claim: setsClaim, reading: '' },
  ],
  read: async (path) => path,
});
