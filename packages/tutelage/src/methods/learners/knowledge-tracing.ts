import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Arm } from '../../core/claim.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { synthetic5 } from '../../tasks/simulated-learners.js';
import { bkt } from '../../tracing/bkt.js';
import { factors } from '../../tracing/factors.js';
import { dktKind, saktKind, simpleKtKind } from '../../tracing/nets.js';
import { ceilingArm, tracingArm, tutorArm } from '../../tracing/simulated-arms.js';

/*
 * Knowledge tracing on EdNet and data like it: Choi et al., "EdNet: A Large-Scale Hierarchical Dataset in Education", AIED 2020. From a
 * learner's answers so far, the chance of each next one; from that, mastery, and what to practise next.
 */

const params = z.object({});

async function teachOwn(_: string, __: z.output<typeof params>, ___: MethodContext): Promise<Taught> {
  return { lines: [] };
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
  reading: 'Not reproduced yet.',
  read: async (path) => path,
});
