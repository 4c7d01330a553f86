import { z } from 'zod';
import { mean } from '../../assessment/checks.js';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Arm } from '../../core/claim.js';
import { UserError } from '../../core/errors.js';
import { defineMethod } from '../../core/method.js';
import {
  type AllocationPolicy,
  apportioned,
  belowMedian,
  byError,
  byReward,
  evenly,
} from '../../curricula/data-allocation.js';
import {
  type HyperplaneItem,
  type HyperplaneOptions,
  type HyperplaneWorld,
  hyperplaneWorld,
} from '../../experiments/hyperplane-world.js';
import { latest } from '../../experiments/latest.js';

/*
 * DataEnvGym: Khan, Stengel-Eskin, Cho & Bansal, "DataEnvGym: Data generation agents in teacher environments with student feedback",
 * ICLR 2025. An agent looks at what a student gets wrong and writes training items; the student learns from them; the agent looks again.
 */

const params = z.object({
  rounds: z.int().min(1).default(10).describe('times that items are written and the student is taught'),
});

/** A task and a student (section 2): what can be taught, and what an agent sees of it. */
interface Gym<Student, Item, State> {
  readonly base: Student;
  taught(items: readonly Item[], from: Student): Promise<Student>;
  state(student: Student): Promise<State>;
}

interface Round<Item, State> {
  readonly items: readonly Item[];
  /** After the student was taught. */
  readonly state: State;
}

/** Writes the items of the next round. */
type Agent<Item, State> = (
  before: State,
  rounds: readonly Round<Item, State>[],
) => Promise<readonly Item[]> | readonly Item[];

interface EpisodeOptions {
  readonly rounds: number;
  /** Items in all. */
  readonly budget: number;
  /** Each round teaches the items of all rounds so far, or its own alone. */
  readonly accumulate: boolean;
  /** Each round begins from the base student, or from the one before. */
  readonly restart: boolean;
}

/** An episode: agent and student in turns, until the rounds or the budget are spent or the agent writes nothing. */
async function episode<Student, Item, State>(
  { base, taught, state }: Gym<Student, Item, State>,
  agent: Agent<Item, State>,
  { rounds, budget, accumulate, restart }: EpisodeOptions,
): Promise<{ readonly before: State; readonly rounds: readonly Round<Item, State>[] }> {
  const before = await state(base);
  const done: Round<Item, State>[] = [];
  const written: Item[] = [];
  let student = base;
  while (done.length < rounds && written.length < budget) {
    const items = (await agent(before, done)).slice(0, budget - written.length);
    if (items.length === 0) break;
    written.push(...items);
    student = await taught(accumulate ? written : items, restart ? base : student);
    done.push({ items, state: await state(student) });
  }
  return { before, rounds: done };
}

const method = defineMethod({
  id: 'dataenvgym',
  room: 'data',
  paper: {
    card: 46,
    title: 'DataEnvGym: Data Generation Agents in Teacher Environments with Student Feedback',
    year: 2024,
    arxiv: '2410.06215',
  },
  teaches: 'a model its own task, by items that a teacher writes after a look at what the model gets wrong',
  params,
  async run(): Promise<Taught> {
    throw new UserError('not yet');
  },
});

/*
 * The claim, on skills that are the sides of hyperplanes. A student has seen a third of them often, a third now and then and a third
 * hardly at all; two of the rarer ones can't be learned, and their failures look like any others.
 */

const world = {
  dimensions: 12,
  raised: [400, 400, 400, 400, 60, 60, 60, 60, 6, 6, 6, 6],
  unlearnable: 2,
  hidden: 64,
  steps: { base: 600, round: 500 },
  batchSize: 64,
  learningRate: 2e-3,
  weightDecay: 3e-3,
  validation: 60,
  test: 400,
} as const satisfies HyperplaneOptions;

const experiment = { world, rounds: 5, items: 180, prior: 20, keep: 0.5 } as const;

interface Treatment extends Partial<Pick<EpisodeOptions, 'accumulate' | 'restart'>> {
  readonly policy: AllocationPolicy;
  /** Share of the labels that the teacher gets wrong. */
  readonly turned?: number;
}

interface Tested {
  /** Accuracy by skill, on what the agent sees and on what it does not. */
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

/** What an episode came to: accuracy by round and by how often a skill was seen before, and what the items were spent on. */
function figuresOf(
  { learnable }: HyperplaneWorld,
  before: Tested,
  rounds: readonly Round<HyperplaneItem, Tested>[],
) {
  const { raised } = world;
  const last = rounds.at(-1)!.state;
  const items = rounds.flatMap((round) => round.items);
  const among = (of: (skill: number) => boolean) => items.filter(({ skill }) => of(skill)).length;
  const accuracy = ({ test }: Tested) => mean(test.filter((_, skill) => learnable[skill]));
  const seen = [...new Set(raised)].flatMap((count) => {
    const isSuch = (skill: number) => raised[skill] === count && learnable[skill]!;
    const such = raised.map((_, skill) => skill).filter(isSuch);
    const gain = such.reduce((sum, skill) => sum + last.test[skill]! - before.test[skill]!, 0);
    return [
      [`gain of a skill seen ${count} times`, gain / such.length],
      [`gain for 100 items, seen ${count} times`, (100 * gain) / Math.max(1, among(isSuch))],
    ] as const;
  });
  const hopeless = among((skill) => !learnable[skill]) / items.length;
  return {
    value: accuracy(last),
    figures: {
      before: accuracy(before),
      ...Object.fromEntries(rounds.map(({ state }, i) => [`round ${i + 1}`, accuracy(state)])),
      'items for what can not be learned': hopeless,
      'ln of that share': Math.log(hopeless),
      'items for the commonest skills':
        among((skill) => raised[skill] === Math.max(...raised)) / items.length,
      ...Object.fromEntries(seen),
    },
  };
}

function armsOf(sizes: { readonly world: HyperplaneOptions; readonly rounds: number }): Arm[] {
  const { items, prior, keep } = experiment;
  const worlds = latest((seed) => hyperplaneWorld(sizes.world, seed));
  const arm = (id: string, title: string, treatment: Treatment): Arm => ({
    id,
    title,
    async run(seed) {
      const { policy, turned = 0, accumulate = true, restart = true } = treatment;
      const place = await worlds(seed);
      const state = async (student: HyperplaneWorld['base']): Promise<Tested> => ({
        validation: await place.validated(student),
        test: await place.tested(student),
      });
      const agent: Agent<HyperplaneItem, Tested> = (before, rounds) => {
        const accuracies = [before, ...rounds.map((round) => round.state)].map(
          ({ validation }) => validation,
        );
        const counts = apportioned(policy(accuracies), items);
        return place.write(counts, rounds.length, turned);
      };
      const options = { rounds: sizes.rounds, budget: Number.POSITIVE_INFINITY, accumulate, restart };
      const { before, rounds } = await episode(
        { base: place.base, taught: place.taught, state },
        agent,
        options,
      );
      return figuresOf(place, before, rounds);
    },
  });
  const asBefore: AllocationPolicy = () => world.raised.map((count) => count + prior);
  return [
    arm('prior', 'no state, writes what is common', { policy: asBefore }),
    arm('uniform', 'no state, all skills alike', { policy: evenly }),
    arm('open-ended', 'open-ended: by what the student fails', { policy: byError }),
    arm('skill-list', 'skill list: skills below the median', { policy: belowMedian }),
    arm('skill-tree', 'skill tree: by reward and error', { policy: byReward(keep) }),
    arm('skill-tree-last', 'skill tree, the last reward alone', { policy: byReward(0) }),
    arm('open-ended-wrong-10', 'open-ended, 10 % of the labels wrong', { policy: byError, turned: 0.1 }),
    arm('open-ended-wrong-30', 'open-ended, 30 % of the labels wrong', { policy: byError, turned: 0.3 }),
    arm('open-ended-fresh', 'open-ended, the items of the last round alone', {
      policy: byError,
      accumulate: false,
    }),
    arm('open-ended-continued', 'open-ended, each round goes on from the one before', {
      policy: byError,
      restart: false,
    }),
  ];
}

const quickWorld: HyperplaneOptions = { ...world, steps: { base: 20, round: 20 }, test: 40 };

const leads = (arm: string, title: string) => [
  { statement: `${title} leads uniform allocation by 0.7 points.`, arm, against: 'uniform', least: 0.007 },
];

const claim = defineClaim({
  method: method.id,
  statement:
    "An agent that sees the student's failures (open-ended) teaches at least 2.5 points more than one that writes as many items of what is common.",
  metric: { name: 'accuracy on test items of the skills that can be learned', better: 'higher' },
  arm: 'open-ended',
  against: 'prior',
  arms: armsOf(experiment),
  quickArms: armsOf({ world: quickWorld, rounds: 2 }),
  seeds: [901, 902, 903, 904, 905, 906, 907, 908, 909, 910],
  smallestEffect: 0.025,
  parts: [
    { statement: 'So does the skill list.', arm: 'skill-list', against: 'prior', least: 0.025 },
    { statement: 'So does the skill tree.', arm: 'skill-tree', against: 'prior', least: 0.025 },
    ...leads('open-ended', 'Open-ended'),
    ...leads('skill-list', 'The skill list'),
    ...leads('skill-tree', 'The skill tree'),
    {
      statement:
        'The skill tree, which sees rewards, spends at most 60 % of what open-ended does on skills that can not be learned.',
      arm: 'skill-tree',
      against: 'open-ended',
      figure: { name: 'ln of that share', better: 'lower' },
      least: -Math.log(0.6),
    },
  ],
  fails:
    'The interval of a lead lies below its margin, or rewards do not keep the agent from what can not be learned. What wrong labels, forgotten items and continued training cost, and which skills gain, is reported, not claimed.',
  published:
    'gains with state over none at equal numbers of items: 3.5 points open-ended, 2.05 by skill list, 1.08 by skill tree, means over four tasks (from a digest)',
  budget: 5,
  data: [],
  settings: experiment,
});

export const dataEnvGym = defineMethodFile({
  method,
  claim,
  data: 'to come',
  cost: 'to come',
  reading: '',
  read: async (path) => path,
});
