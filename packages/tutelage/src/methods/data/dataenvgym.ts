import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Arm } from '../../core/claim.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import {
  type AllocationPolicy,
  apportioned,
  belowMedian,
  byError,
  byReward,
  evenly,
} from '../../curricula/data-allocation.js';
import {
  type Agent,
  type EpisodeOptions,
  episode,
  type Gym,
  type Round,
} from '../../curricula/teaching-episode.js';
import { type HyperplaneState, hyperplaneFigures } from '../../experiments/hyperplane-figures.js';
import {
  type HyperplaneItem,
  type HyperplaneOptions,
  type HyperplaneWorld,
  hyperplaneWorld,
} from '../../experiments/hyperplane-world.js';
import { latest } from '../../experiments/latest.js';
import { cappedResponder } from '../../language/capped-responder.js';
import { endpointParams, openResponder, responderForms } from '../../language/open-responder.js';
import { agentOf, agentPolicies, levels } from '../../own-data/gym-agents.js';
import {
  bestRound,
  type GymRound,
  type GymState,
  reportGym,
  roundLine,
  type TaughtItem,
  writeAgentLog,
  writeRound,
  writerLines,
} from '../../own-data/gym-report.js';
import { withSkills } from '../../own-data/gym-skills.js';
import { checkParsable, gymState, type KeptStudent, ownStudent } from '../../own-data/gym-student.js';
import { type OwnGym, ownItemWriter, readOwnGym } from '../../own-data/own-gym.js';
import { countLines } from '../../own-data/skill-course.js';
import { isRightResponse, solutionAgrees } from '../../tasks/practice-items.js';
import { noCounts, type SkillTeacher } from '../../teachers/skill-teacher.js';

/*
 * DataEnvGym: Khan, Stengel-Eskin, Cho & Bansal, "DataEnvGym: Data generation agents in teacher environments with student feedback",
 * ICLR 2025. An agent looks at what a student gets wrong and writes training items; the student learns from them; the agent looks again.
 */

const count = z.int().min(1);
const params = z.object({
  teacher: z.string().default('').describe(`who writes items: ${responderForms}`),
  level: z
    .enum(levels)
    .default('open-ended')
    .describe(
      'what the teacher sees and plans by: questions alone, failures by skill, or a tree of subskills',
    ),
  state: z.boolean().default(true).describe('whether the teacher sees how the student does'),
  policy: z
    .enum(agentPolicies)
    .default('reward')
    .describe('how trees grow: by what helped, by another rule, or as the teacher decides'),
  rounds: count.default(10).describe('times that items are written and the student is taught'),
  items: count.default(120).describe('items of a round'),
  budget: count.default(1200).describe('items in all'),
  perSkill: count.default(200).describe('items of a skill in all'),
  hypotheses: count.default(5).describe('guesses at what a student lacks in a skill (skill list)'),
  itemsEach: count.default(2).describe('items for each guess'),
  subskills: count.default(10).describe('most subskills of a skill (skill tree)'),
  skills: count.default(10).describe('most skills that the teacher names where the questions have none'),
  accumulate: z.boolean().default(true).describe('teach the items of all rounds, not of the last alone'),
  restart: z.boolean().default(true).describe('teach from the base student in each round'),
  patience: z.int().min(0).default(0).describe('rounds without a better validation before it ends; 0: all'),
  passes: count.default(3).describe('passes of a language model over its items'),
  learningRate: z.number().positive().default(1e-4).describe('of a language model'),
  loraRank: z.int().min(0).default(16).describe('rank of low-rank changes; 0 trains all weights'),
  batchSize: count.default(16).describe('rows of items in an update'),
  maxTokens: z.int().min(8).default(350).describe("most tokens of a student's answer"),
  teacherTokens: z.int().min(64).default(2048).describe("most tokens of a teacher's answer"),
  maxCalls: count.optional().describe('most calls of the teacher, remembered ones counted'),
  ...endpointParams,
});
type Settings = z.output<typeof params>;

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
  run: teachOwn,
});

/* The user's own data. */

async function teachOwn(own: OwnGym, settings: Settings, context: MethodContext): Promise<Taught> {
  const { folder, seed, signal, say } = context;
  for (const warning of own.warnings) say(`warning: ${warning}`);
  const opened = await openResponder(settings.teacher, { folder, ...settings, say });
  const model = cappedResponder(opened, settings.maxCalls ?? Number.POSITIVE_INFINITY);
  const asking = { ...context, model, maxTokens: settings.teacherTokens };
  const teacher: SkillTeacher = { ...asking, counts: noCounts() };
  const writer = ownItemWriter(own, asking);
  const key = random.foldIn(random.key(seed), 'dataenvgym');
  const rounds: GymRound[] = [];
  const plans: object[] = [];
  const log = (one: object) => void plans.push(one);
  try {
    const base = ownStudent(own, settings, context);
    checkParsable(own.validation, await base.answers(own.validation));
    const validation = await withSkills(teacher, own.validation, { ...settings, key });
    const form = { labels: writer.labels, examples: own.examples };
    const plan = agentOf({ ...settings, writer, form, dice: random.stream(key), log });
    const agent: Agent<TaughtItem, GymState> = async (done) => {
      say(`round ${done.length}: the teacher writes`);
      const items = await plan(done.map(({ state }) => state.completed));
      // What the student knows before it is taught teaches it little.
      const said = await done.at(-1)!.state.student.answers(items);
      return items.map((item, i) => ({
        ...item,
        known: isRightResponse(item, said[i]!),
        agrees: solutionAgrees(item),
      }));
    };
    const gym: Gym<KeptStudent, TaughtItem, GymState> = {
      base,
      taught: async (items, from) => from.taught(items),
      state: (student) => gymState(student, validation, own.test),
    };
    for await (const round of episode(gym, agent, settings)) {
      rounds.push(round);
      writeRound(folder, rounds.length - 1, round);
      say(roundLine(rounds));
      const best = bestRound(rounds);
      if (best > 0 && round === rounds[best]) await round.state.student.save(join(folder, 'student'), false);
      if (settings.patience > 0 && rounds.length - 1 - best >= settings.patience) break;
    }
    const best = bestRound(rounds);
    if (best > 0) await rounds[best]!.state.student.save(join(folder, 'student'), true);
  } catch (error) {
    // What was answered and taught is kept, and the same command goes on from there.
    if (!signal.aborted) throw error;
  } finally {
    await model.close();
  }
  writeAgentLog(folder, plans);
  const report = rounds.length > 0 ? reportGym(folder, rounds) : [];
  const counts = [...writerLines(writer.counts), ...countLines(teacher)];
  return { lines: [...report, ...counts, `rounds, curves and student: ${folder}`] };
}

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

function armsOf(sizes: { readonly world: HyperplaneOptions; readonly rounds: number }): Arm[] {
  const { items, prior, keep } = experiment;
  const worlds = latest((seed) => hyperplaneWorld(sizes.world, seed));
  const arm = (id: string, title: string, treatment: Treatment): Arm => ({
    id,
    title,
    async run(seed) {
      const { policy, turned = 0, accumulate = true, restart = true } = treatment;
      const place = await worlds(seed);
      const state = async (student: HyperplaneWorld['base']): Promise<HyperplaneState> => ({
        validation: await place.validated(student),
        test: await place.tested(student),
      });
      const agent: Agent<HyperplaneItem, HyperplaneState> = (rounds) => {
        const counts = apportioned(policy(rounds.map((round) => round.state.validation)), items);
        return place.write(counts, rounds.length - 1, turned);
      };
      const options = { rounds: sizes.rounds, budget: Number.POSITIVE_INFINITY, accumulate, restart };
      const rounds: Round<HyperplaneItem, HyperplaneState>[] = [];
      const gym = { base: place.base, taught: place.taught, state };
      for await (const round of episode(gym, agent, options)) rounds.push(round);
      return hyperplaneFigures(place, sizes.world, rounds);
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
    {
      statement: 'Open-ended leads uniform allocation by 0.7 points.',
      arm: 'open-ended',
      against: 'uniform',
      least: 0.007,
    },
    {
      statement: 'The skill list leads uniform allocation by 0.7 points.',
      arm: 'skill-list',
      against: 'uniform',
      least: 0.007,
    },
    {
      statement: 'The skill tree leads uniform allocation by 0.7 points.',
      arm: 'skill-tree',
      against: 'uniform',
      least: 0.007,
    },
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
  data: 'a JSON file: `student` (a LLaMA model: a folder as Hugging Face lays it out, or a GGUF file; or `classifier`, for a small one of texts) and JSON lines of questions with answers, perhaps skills and solutions: `validation`, `test` and `examples`; perhaps `checker` (answer, exact or pattern)',
  cost: 'a round: a call of the teacher for ten items, a full training on all items so far, and an answer to each validation, test and new question',
  reading:
    "All parts hold; that state pays is clear against writing what is common (5 to 7 points) and small against writing evenly (1 to 2; open-ended leads in 8 of 10 seeds, the others in all), which needs no state and is the baseline to beat. Right labels matter more than the policy: 10 % wrong ones cost open-ended 2 points, 30 % all that it gained over what is common. The reward keeps the tree from what can not be learned (10 % of its items against 35 %). Teaching the last round's items alone loses 5 points. Going on from round to round gains 3.6 over beginning from the base, as the paper does: here that is five times the updates. Skills hardly seen gain most for an item, not those in between as the paper found. Students start 2 to 3 points higher than the card's pilot did.",
  read: readOwnGym,
});
