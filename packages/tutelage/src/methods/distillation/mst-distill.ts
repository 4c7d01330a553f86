import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { add, crossEntropy, expandDims, mul, optim, random, type Tensor } from '@tutelage/engine';
import { z } from 'zod';
import { percent } from '../../assessment/wording.js';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Trial } from '../../claims/trials.js';
import type { Arm } from '../../core/claim.js';
import { UserError } from '../../core/errors.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import type { Fusion } from '../../models/fusion.js';
import { gateShares, initGate } from '../../models/gate.js';
import { distillation } from '../../objectives/distillation.js';
import { gateModes, imbalance, routeWeights } from '../../objectives/routing.js';
import { runOwnTrials } from '../../own-data/own-trials.js';
import { learnMixture, type Mixture, type MixtureLearning } from '../../students/mixture-learner.js';
import { learnMutually } from '../../students/mutual-learning.js';
import { savePairStudent } from '../../students/pair-files.js';
import * as nets from '../../students/pair-nets.js';
import { pairRecord, picksOf, shareToOther, useOf } from '../../students/pair-record.js';
import {
  freezePairs,
  groupLogits,
  plainWays,
  specialists,
  type TeacherGroup,
} from '../../students/specialists.js';
import { flaggedSplit } from '../../tasks/flagged-views.js';
import {
  joinPairs,
  mayHoldOneClass,
  type PairFolder,
  type PairSplit,
  readPairFolder,
} from '../../tasks/modality-pairs.js';

/*
 * MST-Distill: "Mixture of Specialized Teachers for Cross-Modal Knowledge Distillation", ACM MM 2025. A student of one modality learns
 * from a teacher of both and from one of the other. Masks bend copies of the teachers towards what the student can express, and a
 * gate picks among them for each example.
 */

const params = z.object({
  keep: z.string().default('').describe('modality that is there at use time; the first by name if empty'),
  unpaired: z.enum(['stop', 'drop']).default('stop').describe('what to do with ids that are not paired'),
  gate: z.enum(gateModes).default('released').describe('what picks teachers'),
  k: z.int().min(1).default(1).describe('teachers for each example'),
  balance: z.enum(['kl', 'cv']).default('kl').describe('measure of the uneven use of teachers'),
  masks: z.enum(['attention', 'cheap', 'none']).default('attention').describe('how teachers are specialized'),
  maskFactor: z.int().min(1).default(2).describe('width of a layer over that of a token in its mask net'),
  maskHeads: z.int().min(1).default(3).describe('heads of attention in a mask net'),
  taskWeight: z.number().min(0).default(1).describe('weight of the labels'),
  klWeight: z.number().min(0).default(1).describe('weight of the teachers at first'),
  balanceWeight: z.number().min(0).default(1).describe('weight of the balance at first'),
  coEpochs: z.int().min(1).default(1).describe('epochs in which all nets learn together'),
  maskEpochs: z.int().min(1).default(1).describe('epochs of the masks'),
  epochs: z.int().min(1).default(100).describe('epochs of the student with its teachers'),
  batchSize: z.int().min(2).default(512).describe('pairs a step'),
  learningRate: z.number().positive().default(1e-4).describe('of Adam'),
});

type Settings = z.output<typeof params>;
type Plan = Pick<MethodContext, 'seed' | 'signal'> & { readonly settings: Settings };

const soft = { temperature: 4 };

function training({ settings: { batchSize, learningRate }, seed, signal }: Plan) {
  return { batchSize, optimizer: optim.adamw({ learningRate, weightDecay: 0 }), seed, signal };
}

/** The student at the start of stage 3, and what it learns from. */
interface Prepared {
  readonly start: Fusion<Tensor>;
  readonly group?: TeacherGroup;
}

/**
 * Stage 1, in which all three nets learn the labels and from each other, and stage 2, in which masks bend each layer of either teacher
 * towards the student's answers. Without masks the teachers stay as they are.
 */
async function prepare({ train, validation, labels }: PairSplit, plan: Plan): Promise<Required<Prepared>> {
  const { coEpochs, masks: kind, maskFactor: factor, maskHeads: heads, maskEpochs } = plan.settings;
  const init = nets.initPairNets(random.key(plan.seed), train.shapes, labels.length);
  const own = await learnMutually(train, init, { ...training(plan), ...soft, epochs: coEpochs });
  const [start, frozen] = [own.student, await freezePairs(train, own)];
  if (kind === 'none') return { start, group: { frozen, ways: plainWays } };
  const options = { ...training(plan), ...soft, kind, factor, heads, epochs: maskEpochs };
  const ways = await specialists(frozen, await freezePairs(validation, own), options);
  return { start, group: { frozen, ways } };
}

/** Times that a weight has fallen: once after the first epoch, then every so many. */
const falls = (every: number, epoch: number) => Math.ceil(epoch / every);

/**
 * Stage 3: the student learns the labels and from the ways that the gate picks. As released, no gradient of the distillation reaches
 * the gate, which learns balance alone. Without teachers there are only labels.
 */
async function mix(
  { train, validation, labels }: PairSplit,
  { start, group }: Prepared,
  plan: Plan,
  afterEpoch?: MixtureLearning['afterEpoch'],
): Promise<Mixture<Tensor>> {
  const ways = group?.ways.length ?? 0;
  const { gate, k, balance, taskWeight, klWeight, balanceWeight, epochs } = plan.settings;
  const key = random.foldIn(random.key(plan.seed), 'gate');
  return learnMixture({
    ...training(plan),
    train,
    validation,
    start: { student: start, gate: initGate(key, labels.length, Math.max(1, ways)) },
    group: group && ways > 0 ? await groupLogits(group) : new Float32Array(0),
    ways,
    loss: (p, batch, step) => {
      const logits = nets.logitsOf('student', p.student, batch);
      const told = mul(crossEntropy(logits, batch.y), taskWeight);
      if (ways === 0) return told;
      const shares = gateShares(p.gate, logits);
      const weights = mul(routeWeights(shares, { mode: gate, k, key: step }), 1 / batch.y.dim(0));
      const taught = distillation(expandDims(logits, 1), batch.group, { ...soft, weights });
      const even = imbalance(shares, balance);
      return add(told, add(mul(taught, batch.weights.teachers), mul(even, batch.weights.balance)));
    },
    weights: (epoch) => ({
      teachers: klWeight * 0.5 ** falls(30, epoch),
      balance: balanceWeight * 0.9 ** falls(10, epoch),
    }),
    epochs,
    afterEpoch,
  });
}

const method = defineMethod({
  id: 'mst-distill',
  room: 'distillation',
  paper: {
    card: 32,
    title: 'MST-Distill: Mixture of Specialized Teachers for Cross-Modal Knowledge Distillation',
    year: 2025,
    arxiv: '2507.07015',
  },
  teaches: 'a classifier of one modality, by teachers that see another one as well',
  params,
  run: teachOwn,
});

/** A way of teaching: the method, or less than that. */
interface Path {
  readonly title: string;
  readonly changes?: Partial<Settings>;
  /** The teachers among all; without it all of them, and `none` for a student that has met no other. */
  readonly teachers?: readonly string[] | 'none';
}

const plain = { masks: 'none', gate: 'random', k: 1 } as const;
const paths: Readonly<Record<string, Path>> = {
  alone: { title: 'student alone', teachers: 'none' },
  warm: { title: 'student alone after stage 1', changes: plain, teachers: [] },
  teacher: { title: 'from the teacher of both', changes: plain, teachers: ['teacher'] },
  auxiliary: { title: 'from the teacher of the other', changes: plain, teachers: ['auxiliary'] },
  both: { title: 'from both, evenly', changes: { ...plain, k: 2 } },
  mixture: { title: 'MST-Distill' },
  random: { title: 'masked teachers, picked at random', changes: { gate: 'random' } },
  'straight-through': { title: 'the gate with a gradient', changes: { gate: 'straight-through' } },
  'no-masks': { title: 'teachers without masks', changes: { masks: 'none' } },
};

async function teachPath(
  data: PairSplit,
  path: Path,
  { settings, ...rest }: Plan,
  afterEpoch?: MixtureLearning['afterEpoch'],
) {
  const plan = { ...rest, settings: { ...settings, ...path.changes } };
  if (path.teachers === 'none') {
    const { student } = nets.initPairNets(random.key(plan.seed), data.train.shapes, data.labels.length);
    const epochs = settings.coEpochs + settings.epochs;
    const alone = { ...plan, settings: { ...plan.settings, epochs } };
    return { mixed: await mix(data, { start: student }, alone) };
  }
  const { start, group } = await prepare(data, plan);
  const ways = group.ways.filter(({ name }) => path.teachers?.includes(name) ?? true);
  const chosen = { ...group, ways };
  return { group: chosen, mixed: await mix(data, { start, group: chosen }, plan, afterEpoch) };
}

const ownArms = ['alone', 'teacher', 'auxiliary', 'both', 'mixture'] as const;
const outcome = z.object({ accuracy: z.number(), logLoss: z.number() });

/** The user's own pairs: the student alone, taught on each path by itself, and by the mixture. */
async function teachOwn(found: PairFolder, settings: Settings, context: MethodContext): Promise<Taught> {
  const { seed, folder, signal, say } = context;
  const most = settings.masks === 'none' ? plainWays.length : 2 * plainWays.length;
  if (settings.k > most) throw new UserError(`k above the number of teachers: ${settings.k} of ${most}`);
  const data = joinPairs(found, settings);
  const { test, ...split } = { ...data.splits, labels: data.labels };
  for (const warning of data.warnings) say(`warning: ${warning}`);
  if (mayHoldOneClass(split.train, settings.batchSize)) {
    say('warning: batches may hold one class alone, for which balance means nothing: raise batchSize');
  }
  const run = async ({ arm }: Trial): Promise<z.output<typeof outcome>> => {
    say(paths[arm]!.title);
    const useOverTime: number[][] = [];
    const plan = { settings, seed, signal };
    const { group, mixed } = await teachPath(split, paths[arm]!, plan, async (now) => {
      useOverTime.push(useOf(await picksOf(split.validation, now)));
    });
    if (arm === 'mixture' && group && !signal.aborted) {
      const frozen = await freezePairs(test, group.frozen.nets);
      const record = await pairRecord(test, data.labels, mixed, { ...group, frozen });
      writeFileSync(join(folder, 'mixture.json'), JSON.stringify({ ...record, useOverTime }, undefined, 2));
      savePairStudent(join(folder, 'student.onnx'), mixed.student, data);
    }
    return nets.scorePairs(test, await nets.answersTo(test, mixed.student));
  };
  const trials = ownArms.map((arm) => ({ arm, seed }));
  const facts = { data: data.hash, seed, ...settings };
  const rows = await runOwnTrials(trials, { folder, facts, outcome, run, signal });
  return {
    lines: [
      ...rows.map(({ arm, accuracy, logLoss }) => {
        return `${paths[arm]!.title}: ${percent(accuracy)} right, log loss ${logLoss.toFixed(3)}`;
      }),
      `student.onnx and mixture.json (use of teachers, masks, drift): ${folder}`,
    ],
  };
}

/*
 * The claim, where it is known which teacher can help: of two pictures one is noise, and a flag tells which. Learning rate and epochs
 * are for small data.
 */

const experiment = { train: 2000, validation: 500, test: 6000, noise: 0.6 };
const settings: Settings = {
  ...params.parse({}),
  coEpochs: 10,
  maskEpochs: 10,
  epochs: 20,
  batchSize: 64,
  learningRate: 3e-3,
};

const quick = { coEpochs: 1, maskEpochs: 1, epochs: 1 };

function armsOf(sizes: typeof experiment, changes: Partial<Settings>): Arm[] {
  return Object.entries(paths).map(([id, path]) => ({
    id,
    title: path.title,
    async run(seed, signal) {
      const { unseen, ...split } = await flaggedSplit(sizes, seed);
      const plan = { settings: { ...settings, ...changes }, seed, signal };
      const { mixed, group } = await teachPath(split, path, plan);
      const { accuracy, logLoss } = nets.scorePairs(unseen, await nets.answersTo(unseen, mixed.student));
      if (!group || path.changes?.gate === 'random')
        return { value: accuracy, figures: { 'log loss': logLoss } };
      const picks = await picksOf(unseen, mixed);
      const sent = (flag: number) => shareToOther(picks, group.ways, (i) => unseen.flags[i] === flag);
      const figures = { 'log loss': logLoss, 'to the other where it tells': sent(1), elsewhere: sent(0) };
      return { value: accuracy, figures };
    },
  }));
}

const claim = defineClaim({
  method: method.id,
  statement: 'MST-Distill as released makes the student at least a point more accurate than learning alone.',
  metric: { name: 'accuracy on test pictures, half of which are noise', better: 'higher' },
  arm: 'mixture',
  against: 'alone',
  parts: [
    { statement: 'No worse than the teacher of both.', arm: 'mixture', against: 'teacher', least: -0.002 },
    { statement: 'Nor than the teacher of the other.', arm: 'mixture', against: 'auxiliary', least: -0.002 },
    { statement: 'Masks help.', arm: 'mixture', against: 'no-masks', least: 0.001 },
    { statement: 'Learned routing beats a random pick.', arm: 'mixture', against: 'random', least: 0.001 },
  ],
  arms: armsOf(experiment, {}),
  quickArms: armsOf({ train: 128, validation: 64, test: 64, noise: 0.6 }, quick),
  seeds: [501, 502, 503, 504, 505, 506],
  smallestEffect: 0.01,
  fails:
    'The interval of the lead lies below a point, or a part fails: if a random pick does as well, the gate plays no part.',
  published:
    '"significantly outperforms" eight ways of distillation on five data sets, in words; no figure could be verified',
  budget: 14,
  data: ['fashion-mnist'],
  settings: { ...experiment, ...settings },
});

export const mstDistill = defineMethodFile({
  method,
  claim,
  data: 'a folder with labels.csv (id, label, perhaps split) and two modalities: folders of images or WAV files, or tables of numbers',
  cost: 'a training of each teacher and the student, then the student as often as alone: what teachers answer is computed once',
  reading:
    'Six seeds leave it open: half a point above alone, and every way of teaching lies within half a point of every other, with a worse log loss than alone. The released gate sends no more to the other teacher where that one tells (45 %) than elsewhere (53 %).',
  read: readPairFolder,
});
