import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import { interleaved, type Trial } from '../../claims/trials.js';
import type { Arm } from '../../core/claim.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { runOwnTrials } from '../../own-data/own-trials.js';
import {
  byQuestion,
  type InteractionFormat,
  openInteractions,
  readInteractions,
} from '../../tasks/interactions/index.js';
import { synthetic5 } from '../../tasks/simulated-learners.js';
import { assessTracing, type TracingAssessment } from '../../tracing/assess.js';
import { bkt } from '../../tracing/bkt.js';
import { driftOf, leaksOf } from '../../tracing/checks.js';
import { elo } from '../../tracing/elo.js';
import { factors } from '../../tracing/factors.js';
import { irt } from '../../tracing/irt.js';
import { meansOf } from '../../tracing/means.js';
import { aktKind, dktKind, saktKind, simpleKtKind } from '../../tracing/nets.js';
import { writeHardest, writeMastery, writeModel, writeNext } from '../../tracing/own-files.js';
import { assessmentSchema, driftLines, tracingTable } from '../../tracing/own-report.js';
import { ceilingArm, tracingArm, tutorArm } from '../../tracing/simulated-arms.js';
import { checkSplits, splitLearners } from '../../tracing/splits.js';
import type { TracerKind } from '../../tracing/tracer.js';

/*
 * Knowledge tracing on EdNet and data like it: Choi et al., "EdNet: A Large-Scale Hierarchical Dataset in Education", AIED 2020. From a
 * learner's answers so far, the chance of each next one; from that, mastery, and what to practise next.
 */

const params = z.object({
  model: z
    .enum(['dkt', 'sakt', 'simplekt', 'akt', 'bkt', 'bkt-forgets', 'irt', 'elo', 'pfa', 'afm'])
    .default('dkt')
    .describe('what traces; the classical models are run beside it as baselines'),
  level: z
    .enum(['concept', 'question'])
    .default('concept')
    .describe('what is traced: concepts, or each question by itself'),
  steps: z.int().min(8).default(200).describe('longest sequence of a net; longer ones are cut'),
  shortest: z.int().min(2).default(3).describe('fewest answers of a learner'),
  folds: z.int().min(2).default(5).describe('folds over learners, beside a fifth of them for the test'),
  width: z.int().min(2).multipleOf(8).default(64).describe('of embeddings and hidden layers of a net'),
  dropout: z.number().min(0).lt(1).default(0.1).describe('share of units left out in training a net'),
  learningRate: z.number().positive().default(1e-3).describe('of Adam'),
  batchSize: z.int().min(1).default(64).describe('sequences in a step'),
  epochs: z.int().min(1).default(200).describe('most passes over the answers'),
  patience: z.int().min(1).default(10).describe('passes without a better validation AUC before a net stops'),
  mastery: z
    .enum(['csv', 'jsonl', 'xapi', 'caliper'])
    .default('csv')
    .describe('how mastery is written down; as statements, the latest of each concept'),
});

type Params = z.output<typeof params>;

/** Longer histories of a learner are read in windows that begin so many rows after one another. */
const strideShare = 0.25;

function kindsOf(settings: Params, severalQuestions: boolean): readonly [TracerKind, ...TracerKind[]] {
  const { width, dropout, steps, learningRate, batchSize, epochs, patience } = settings;
  const stride = Math.ceil(steps * strideShare);
  const training = { steps, learningRate, batchSize, epochs, patience, stride };
  const size = { width, dropout };
  const models: Record<Params['model'], () => TracerKind> = {
    dkt: () => dktKind(size, training),
    sakt: () => saktKind(size, training),
    simplekt: () => simpleKtKind(size, training, severalQuestions),
    akt: () => aktKind(size, training),
    bkt: () => bkt(),
    'bkt-forgets': () => bkt({ forgets: true }),
    irt: () => irt(2),
    elo: () => elo,
    pfa: () => factors('pfa'),
    afm: () => factors('afm'),
  };
  const chosen = models[settings.model]();
  const means = severalQuestions ? [meansOf('question'), meansOf('concept')] : [meansOf('concept')];
  const baselines = [...means, irt(1), bkt(), factors('pfa')];
  return [chosen, ...baselines.filter(({ id }) => id !== chosen.id)];
}

export interface OwnAnswers {
  readonly path: string;
  readonly format: InteractionFormat;
}

const fold = (n: number) => `fold ${n + 1}`;

/**
 * The user's own answers. Learners are split, never their answers; every answer counts once, by an estimate made before it and before
 * those given together with it. The model of the first fold is the one that is written and used.
 */
async function teachOwn(
  { path, format }: OwnAnswers,
  settings: Params,
  { seed, folder, signal, say }: MethodContext,
): Promise<Taught> {
  const read = await readInteractions(path, format, {
    shortest: settings.shortest,
    rejected: join(folder, 'rejected.jsonl'),
  });
  const data = settings.level === 'question' ? byQuestion(read.interactions) : read.interactions;
  const splits = splitLearners(data, settings.folds, seed);
  checkSplits(data, splits);
  const leaks = leaksOf(data, splits.folds[0]!.train, splits.test);
  for (const warning of [...read.warnings, ...leaks.warnings]) say(`warning: ${warning}`);
  const kinds = kindsOf(settings, data.questions.length > data.concepts.length);
  const fitted = (kind: TracerKind, n: number) =>
    kind.fit(data, splits.folds[n]!, { seed: seed + n, signal, say });
  const run = async ({ arm, seed: n }: Trial): Promise<TracingAssessment> => {
    const kind = kinds.find(({ id }) => id === arm)!;
    say(`${fold(n)}: ${kind.title}`);
    const tracer = await fitted(kind, n);
    const chances = await tracer.predict(data, splits.test);
    await tracer.dispose();
    return assessTracing(data, splits.test, chances);
  };
  const { mastery: _, ...settled } = settings;
  const rows = await runOwnTrials(interleaved(kinds, [...splits.folds.keys()]), {
    folder,
    facts: { data: read.hash, seed, ...settled },
    outcome: assessmentSchema,
    run,
    signal,
  });
  const table = tracingTable(kinds, rows, 'one row for each answer');
  if (signal.aborted) return { lines: table };
  const tracer = await fitted(kinds[0], 0);
  const known = await fitted(bkt(), 0);
  const drift = driftOf(data, splits.test, await tracer.predict(data, splits.test));
  const { hash, preparation } = read;
  const facts = { format: format.name, rowsRead: read.rows, preparation, hash, level: settings.level };
  const assessment = { ...facts, folds: rows, leaks, drift };
  writeFileSync(join(folder, 'assessment.json'), `${JSON.stringify(assessment, undefined, 2)}\n`);
  writeModel(folder, tracer, data);
  writeHardest(folder, data);
  await writeMastery(folder, data, known, settings.mastery);
  const advised = await writeNext(folder, data, tracer, signal);
  await tracer.dispose();
  return {
    lines: [
      `${data.response.length} answers of ${data.learners.length} learners (SHA-256 ${hash}), at the level of ${settings.level}s`,
      ...table,
      ...driftLines(drift),
      `what to practise next, for ${advised} learners: ${join(folder, 'next.csv')}`,
      `model, mastery over time, hardest questions, calibration, leaks: ${folder}`,
    ],
  };
}

const method = defineMethod({
  id: 'knowledge-tracing',
  room: 'learners',
  paper: {
    card: 43,
    title: 'EdNet: A Large-Scale Hierarchical Dataset in Education',
    year: 2020,
    arxiv: '1912.03072',
  },
  teaches: 'who teaches people: what learners know by their answers, and what each should practise next',
  params,
  run: teachOwn,
});

/*
 * The claim, on simulated learners, whose abilities are known. Synthetic-5 hides the concepts: tracers see questions alone. The other
 * arms are told the concepts and see the questions in an order of each learner's own.
 */

const experiment = {
  school: synthetic5,
  hidden: { train: 1400, validation: 600, test: 2000 },
  known: { train: 1000, validation: 300, test: 700 },
  lessons: { learners: 200, tasks: 30 },
  steps: 50,
  batchSize: 64,
  learningRate: 1e-3,
  dropout: 0.1,
  hiddenWidth: 64,
  hiddenEpochs: 40,
  knownWidth: 32,
  knownEpochs: 15,
  patience: 5,
};

function armsOf(scale: Omit<typeof experiment, 'school'>): Arm[] {
  const { steps, batchSize, learningRate, dropout, patience, lessons } = scale;
  const training = (epochs: number) => ({ steps, batchSize, learningRate, epochs, patience, stride: steps });
  const wide = [{ width: scale.hiddenWidth, dropout }, training(scale.hiddenEpochs)] as const;
  const narrow = [{ width: scale.knownWidth, dropout }, training(scale.knownEpochs)] as const;
  const hidden = { config: synthetic5, cohort: scale.hidden, knownConcepts: false, sameOrder: true };
  const known = { config: synthetic5, cohort: scale.known, knownConcepts: true, sameOrder: false };
  const alike = { ...known, config: { ...synthetic5, difficultySpread: 0 } };
  return [
    tracingArm('bkt', 'BKT', bkt(), hidden),
    tracingArm('pfa', 'PFA with counts of all', factors('pfa'), hidden),
    tracingArm('dkt', 'DKT', dktKind(...wide), hidden),
    tracingArm('sakt', 'SAKT', saktKind(...wide), hidden),
    ceilingArm(hidden),
    tracingArm('difficulty', 'simpleKT, concepts known, difficulties differ', simpleKtKind(...narrow), known),
    tracingArm('plain', 'the same without its difficulty term', simpleKtKind(...narrow, false), known),
    tracingArm(
      'difficulty-alike',
      'simpleKT, concepts known, difficulties alike',
      simpleKtKind(...narrow),
      alike,
    ),
    tracingArm(
      'plain-alike',
      'the same without its difficulty term, alike',
      simpleKtKind(...narrow, false),
      alike,
    ),
    tutorArm('tutor-random', 'score after tasks at random (no AUC)', 'random', known, lessons),
    tutorArm('tutor-in-turn', 'score after tasks in a fixed order (no AUC)', 'in turn', known, lessons),
    tutorArm('tutor-dkt', "score after tasks by DKT's mastery (no AUC)", dktKind(...narrow), known, lessons),
    tutorArm('tutor-bkt', "score after tasks by BKT's mastery (no AUC)", bkt(), known, lessons),
  ];
}

const claim = defineClaim({
  method: method.id,
  statement: 'Where concepts are hidden, the AUC of DKT on new learners is at least 0.12 above that of BKT.',
  metric: {
    name: 'AUC over the answers of new learners (of tutors: true score after 30 tasks)',
    better: 'higher',
  },
  arm: 'dkt',
  against: 'bkt',
  smallestEffect: 0.12,
  parts: [
    { statement: 'DKT is at least 0.05 above PFA.', arm: 'dkt', against: 'pfa', least: 0.05 },
    {
      statement: 'Where difficulties differ, simpleKT gains at least 0.02 by its difficulty term.',
      arm: 'difficulty',
      against: 'plain',
      least: 0.02,
    },
    {
      statement: 'Where difficulties are alike, the term costs less than 0.005.',
      arm: 'difficulty-alike',
      against: 'plain-alike',
      least: -0.005,
    },
    {
      statement: 'Where difficulties are alike, the term gains less than 0.005.',
      arm: 'plain-alike',
      against: 'difficulty-alike',
      least: -0.005,
    },
    {
      statement: "Tasks by DKT's mastery leave learners better than tasks at random.",
      arm: 'tutor-dkt',
      against: 'tutor-random',
      least: 0.001,
    },
  ],
  arms: armsOf(experiment),
  quickArms: armsOf({
    ...experiment,
    hidden: { train: 64, validation: 32, test: 64 },
    known: { train: 64, validation: 32, test: 64 },
    lessons: { learners: 4, tasks: 5 },
    hiddenEpochs: 1,
    knownEpochs: 1,
  }),
  seeds: [301, 302, 303, 304, 305],
  fails:
    'Any interval lies below its bound. Nothing is claimed of real learners, nor of how SAKT and DKT rank.',
  published:
    'EdNet gives data and no figure for them; on Synthetic-5, sequence models about 0.82 against 0.63 for BKT',
  budget: 12,
  data: [],
  settings: experiment,
});

export const knowledgeTracing = defineMethodFile({
  method,
  claim,
  data: "answers of learners: EdNet's folders, ASSISTments, pyKT, DataShop, Caliper, xAPI, or any table with columns for learner, question and response",
  cost: 'seconds for the classical models, and minutes for a net, for 100,000 answers',
  reading:
    'All that is claimed of estimates holds: DKT finds the hidden concepts, 0.08 below the ceiling, and SAKT a little better. What the seeds cannot tell is the tutor: the lowest chance from 0.4 on by DKT gains nothing over chance in five seeds of 200 learners, whereas the same rule on BKT gains 0.013: the rule works, and a net that learned from mixed tasks may be a poor guide where it stays with one concept.',
  read: async (path) => ({ path, format: await openInteractions(path) }),
});
