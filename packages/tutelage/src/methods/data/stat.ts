import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { difficultyRules } from '../../assessment/difficult-questions.js';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { exactly } from '../../curricula/skill-targeted.js';
import { type SkillExperiment, skillArms } from '../../experiments/skill-arms.js';
import type { SkillGapWorldOptions } from '../../experiments/skill-gap-world.js';
import { cappedResponder } from '../../language/capped-responder.js';
import { type CausalModel, saveCausalModel } from '../../language/causal-model.js';
import { endpointParams, openResponder, responderForms } from '../../language/open-responder.js';
import { type OwnSkillGaps, readOwnSkillGaps } from '../../own-data/own-skill-gaps.js';
import { runOwnTrials } from '../../own-data/own-trials.js';
import {
  answersOf,
  beforeAfter,
  catalogueOf,
  countLines,
  gapWords,
  reportAnswers,
  splitProbe,
} from '../../own-data/skill-course.js';
import { estimateCalls, estimateLines } from '../../own-data/skill-estimate.js';
import { diagnose, fineTuned, scoresSchema, targetExamples, testModel } from '../../own-data/skill-job.js';
import {
  type TargetedExample,
  writeJsonLines,
  writePlan,
  writeProfile,
} from '../../own-data/skill-report.js';
import type { SkillItem } from '../../tasks/skill-items.js';
import { labelSkills, noCounts, type SkillTeacher } from '../../teachers/skill-teacher.js';

/*
 * STAT: He et al., "Skill-Targeted Adaptive Training", 2025. A student that learns no more from its training set still
 * fails for lack of some skills. A teacher names the skills of all questions, sees from the student's mistakes which it lacks, and builds a
 * new training set around these: of questions that exist (STAT-Sel), or of new ones (STAT-Syn).
 */

const share = z.number().min(0).max(1);
const count = z.int().min(1);
const params = z.object({
  teacher: z.string().default('').describe(`who names skills and writes questions: ${responderForms}`),
  mode: z
    .enum(['select', 'write'])
    .default('select')
    .describe('select questions of the pool (STAT-Sel), or write new ones (STAT-Syn)'),
  skills: count.default(60).describe('most skills of a catalogue that the teacher makes'),
  difficulty: z
    .enum(['auto', ...difficultyRules])
    .default('auto')
    .describe('how difficult questions are told; the first that the data allow'),
  lowStep: share.default(0.5).describe('a step that scores less makes a question difficult'),
  lowAnswer: share.default(0.7).describe('so does a last step, or a mean of all, that scores less'),
  samples: count.default(1).describe('answers of the student to a question; consistency needs 2 or more'),
  agreeing: share.default(0.6).describe('share of the answers that must agree, for consistency'),
  longest: share.default(0.5).describe('share of the longest answers, for length'),
  missing: count.default(3).describe('most skills that one mistake can miss'),
  select: count.default(5).describe('questions to select for a mistake and skill'),
  models: count.default(3).describe('questions to model new ones on'),
  write: count.default(2).describe('questions to write for a mistake and skill'),
  solutions: count.default(3).describe('solutions to each new question'),
  agree: count.default(2).describe('solutions that must agree in the answer'),
  total: count.default(9500).describe('most examples of the new training set'),
  heldOut: share.default(0.3).describe('share of the probe to test on where there is no test file'),
  passes: count.default(3).describe('passes over the new training set'),
  learningRate: z.number().positive().default(1e-5).describe('of fine-tuning'),
  loraRank: z.int().min(0).default(0).describe('rank of low-rank changes; 0 trains all weights'),
  batchSize: count.default(8).describe('rows of examples in an update'),
  maxTokens: z.int().min(8).default(512).describe('most tokens of an answer'),
  maxCalls: count.optional().describe('most calls of the teacher, remembered ones counted'),
  dryRun: z.boolean().default(false).describe('only estimate the calls of the teacher'),
  ...endpointParams,
});
type Settings = z.output<typeof params>;

const method = defineMethod({
  id: 'stat',
  room: 'data',
  paper: {
    card: 31,
    title: 'Skill-Targeted Adaptive Training',
    year: 2025,
    arxiv: '2510.10023',
  },
  teaches: 'a model or a person the skills that their own mistakes show to be missing',
  params,
  run: teachOwn,
});

/* The user's own data. */

async function teachOwn(own: OwnSkillGaps, settings: Settings, context: MethodContext): Promise<Taught> {
  const { folder, seed, signal, say } = context;
  for (const warning of own.warnings) say(`warning: ${warning}`);
  if (settings.dryRun) return { lines: estimateLines(estimateCalls(own, settings), settings.maxCalls) };
  const key = random.foldIn(random.key(seed), 'stat');
  const opened = await openResponder(settings.teacher, { folder, ...settings, say });
  const model = cappedResponder(opened, settings.maxCalls ?? Number.POSITIVE_INFINITY);
  const teacher: SkillTeacher = { ...context, model, counts: noCounts(), maxTokens: settings.maxTokens };
  const lines: string[] = [];
  try {
    // Preparation: the skills of the subject, and which question needs which.
    const catalogue = await catalogueOf(teacher, own, settings.skills, key);
    writeFileSync(join(folder, 'skills.json'), `${JSON.stringify(catalogue, undefined, 2)}\n`);
    const pool = await labelSkills(teacher, own.pool, catalogue);
    writeJsonLines(folder, 'pool.jsonl', pool);
    const { probe, test } = splitProbe(own, settings.heldOut, key);

    // Stages 1 and 2: which questions are difficult for this student, and what it lacks.
    const answered = await answersOf(own, await labelSkills(teacher, probe, catalogue), settings, context);
    const { rule, difficult, mistakes, profile } = await diagnose(teacher, answered, catalogue, settings);
    writeProfile(folder, profile, mistakes, answered);
    lines.push(
      `${difficult.length} of ${answered.length} questions are difficult, by ${rule}; missing most often:`,
      ...profile.slice(0, shownSkills).map((gap) => `  ${gapWords(gap)}`),
    );

    // Stage 3: a training set around the mistakes.
    const { examples, missingInPool } = await targetExamples(teacher, mistakes, pool, settings, key);
    writeJsonLines(folder, 'training.jsonl', examples);
    if (missingInPool.length > 0) lines.push(`no question of the pool has: ${missingInPool.join(', ')}`);
    lines.push(`${examples.length} examples, ${new Set(examples.map((one) => one.question)).size} different`);
    if (own.student.kind !== 'model') {
      writePlan(folder, profile, examples);
      lines.push(...reportAnswers(own.student, answered, folder));
    } else {
      const tests = await labelSkills(teacher, test, catalogue);
      lines.push(...(await teachModel(own.student.model, own, { examples, tests }, settings, context)));
    }
  } catch (error) {
    // What was answered is kept, and the same command goes on from there.
    if (!signal.aborted) throw error;
  } finally {
    await model.close();
  }
  return { lines: [...lines, ...countLines(teacher), `profile, training set and all else: ${folder}`] };
}

const shownSkills = 8;

/** Fine-tunes the student on the new set, and for comparison on as many examples drawn from the pool. */
async function teachModel(
  model: CausalModel,
  { pool, hash }: OwnSkillGaps,
  given: { readonly examples: readonly TargetedExample[]; readonly tests: readonly SkillItem[] },
  settings: Settings,
  context: MethodContext,
): Promise<string[]> {
  const { folder, seed, signal } = context;
  const { examples, tests } = given;
  const { passes, learningRate, loraRank, batchSize, maxTokens, heldOut } = settings;
  const training = { passes, learningRate, loraRank, batchSize, maxTokens, heldOut };
  const chosen = JSON.stringify(examples.map(({ id, solution }) => [id, solution]));
  const found = await runOwnTrials(
    ['before', 'taught what is missing', 'taught as much at random'].map((arm) => ({ arm, seed })),
    {
      folder,
      facts: { data: hash, examples: createHash('sha256').update(chosen).digest('hex'), ...training },
      outcome: scoresSchema,
      signal,
      async run({ arm }) {
        if (arm === 'before') return testModel(model, tests, maxTokens, context);
        const isTargeted = arm === 'taught what is missing';
        const key = random.foldIn(random.key(seed), 'at random');
        const lessons = isTargeted ? examples : exactly(pool, examples.length, key);
        const student = await fineTuned(model, lessons, settings, arm, context);
        if (isTargeted && !signal.aborted) await saveCausalModel(student, join(folder, 'student'));
        return testModel(student, tests, maxTokens, context);
      },
    },
  );
  return beforeAfter(folder, new Map(found.map(({ arm, ...scores }) => [arm, scores])));
}

/* The claim, on list functions of which a saturated student has seen four too rarely. */

const world = {
  student: {
    width: 64,
    layers: 2,
    heads: 4,
    keyValueHeads: 4,
    intermediate: 128,
    rmsNormEpsilon: 1e-5,
    ropeTheta: 1e4,
  },
  rare: { count: 4, share: 0.002 },
  raised: { problems: 12_000, passes: 12, learningRate: 0.02 },
  batchSize: 32,
  pool: 30_000,
  probe: 1000,
  validation: 400,
  test: 800,
} as const satisfies SkillGapWorldOptions;

const experiment = {
  world,
  examples: 1500,
  passes: 3,
  learningRates: [7e-4, 1.5e-3],
  select: 5,
  models: 3,
  write: 2,
  solutions: 3,
  agree: 2,
  slip: 0.1,
  judge: { examples: 100_000, hidden: [512], updates: 2000 },
} as const satisfies SkillExperiment;

const quick: SkillExperiment = {
  ...experiment,
  world: {
    ...world,
    raised: { problems: 300, passes: 1, learningRate: 1e-3 },
    pool: 400,
    probe: 60,
    validation: 30,
    test: 60,
  },
  examples: 128,
  passes: 1,
  learningRates: [1e-3],
  judge: { examples: 500, hidden: [16], updates: 60 },
};

const claim = defineClaim({
  method: method.id,
  statement:
    'Of the same pool, as many problems selected by missing skills bring a saturated student 5 points more than problems drawn at random.',
  metric: { name: 'problems of all skills alike answered right, step by step', better: 'higher' },
  arm: 'select',
  against: 'uniform',
  arms: skillArms(experiment),
  quickArms: skillArms(quick),
  seeds: [701, 702, 703, 704, 705],
  smallestEffect: 0.05,
  parts: [
    {
      statement: 'On problems with a rare skill the lead is 15 points.',
      arm: 'select',
      against: 'uniform',
      figure: { name: 'rare', better: 'higher' },
      least: 0.15,
    },
    {
      statement: 'Skills select better than embeddings, by a point.',
      arm: 'select',
      against: 'neighbours',
      least: 0.01,
    },
    {
      statement: 'Of the steps of frequent skills, the student loses no more than 2 points of what it could.',
      arm: 'select',
      against: 'base',
      figure: { name: 'frequentSteps', better: 'higher' },
      least: -0.02,
    },
    {
      statement: "The profile must be the student's own: another's brings 2 points less.",
      arm: 'select',
      against: 'select-wrong',
      least: 0.02,
    },
  ],
  fails:
    'Problems drawn at random come within 2 points, or embeddings do as well; or what is gained in rare skills is lost in frequent ones.',
  published:
    'on MATH, fine-tuning on the original set gains about 0 to 2 points, STAT-Sel and STAT-Syn up to 7.5, with Llama-3.2-3B-Instruct and the like',
  budget: 18,
  data: [],
  settings: experiment,
});

export const stat = defineMethodFile({
  method,
  claim,
  data: 'a JSON file: `pool` and `probe` (JSON lines of questions, those of the pool with solutions), `student` (a LLaMA model: a folder as Hugging Face lays it out, or a GGUF file; or one that is only asked, such as llm:MODEL@URL) or `answers` (a log of what a model or a person said to the probe), perhaps `test`, `after`, `skills` and `scores`',
  cost: "a call of the teacher for each question without skills and each mistake; to write, 7 more for each mistake and skill; dryRun=true estimates them. Then the student's fine-tuning, twice",
  reading:
    "The direction is the paper's, the size is not: STAT-Sel leads by 2.3 points (4.8 on rare skills), STAT-Syn by 2.3, where the same teacher's untargeted problems bring nothing; five seeds can't tell skills from embeddings or from another's profile. Frequent skills stay. Two of the five students were not saturated (66 and 73 % right on problems like those of their upbringing, the others 96 to 98), against the premise. Rates that learn more forget more; rare skills are rarer and the probe is larger than first planned, since a pilot's student made too few mistakes. A small judge of steps that errs does as well as an exact one.",
  read: readOwnSkillGaps,
});
