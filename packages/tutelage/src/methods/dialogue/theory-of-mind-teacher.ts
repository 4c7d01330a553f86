import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { percent } from '../../assessment/wording.js';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { factArms } from '../../experiments/fact-arms.js';
import { endpointParams, openResponder, responderForms } from '../../language/open-responder.js';
import { budgetLines, toldShare, writeInterventions } from '../../own-data/intervention-report.js';
import { type Question, readQuestions } from '../../tasks/questions.js';
import { decide, dividedQuestions } from '../../teachers/budgeted-teaching.js';
import { utilities } from '../../teachers/interventions.js';
import type { Simulated } from '../../teachers/mental-model.js';
import { explanationStyles } from '../../teachers/prompted-teacher.js';

/*
 * Theory-of-mind teacher: Saha, Hase & Bansal, "Can language models teach weaker agents? Teacher explanations improve students via
 * personalization", NeurIPS 2023. A teacher may explain only some of the questions that a student has to answer, and imagines what the
 * student would say alone and with help, to explain those on which help gains most. Nothing is trained.
 */

const params = z.object({
  student: z.string().default('').describe(`the model that answers: ${responderForms}`),
  teacher: z
    .string()
    .default('human')
    .describe('the model that explains, or human: the explanations in the data'),
  budget: z.number().min(0).max(1).default(0.2).describe('share of the questions to explain'),
  known: z.int().min(8).default(48).describe('questions with answers to learn about the student from'),
  shots: z.int().min(1).default(4).describe('worked examples in a prompt'),
  rule: z.enum(['utility', 'pre only']).default('utility').describe('by the gain, or by what fails alone'),
  label: z.enum(['gold', 'teacher']).default('gold').describe('whose answers are to be reached'),
  style: z.enum(explanationStyles).default('personalised').describe('how the teacher explains'),
  maxTokens: z.int().min(1).default(100).describe('longest explanation in tokens'),
  ...endpointParams,
});

type Params = z.output<typeof params>;

/** U(x) = p(label | x, explanation) - p(label | x) in the mental model; without explanations, how likely x fails (section 4.2). */
function scoresOf(simulated: Simulated, rule: Params['rule']): number[] {
  const scores = rule === 'utility' ? utilities(simulated) : simulated.alone.map((p) => -p);
  return scores.map((score) => (Number.isFinite(score) ? score : Number.NEGATIVE_INFINITY));
}

const method = defineMethod({
  id: 'theory-of-mind-teacher',
  room: 'dialogue',
  paper: {
    card: 9,
    title:
      'Can Language Models Teach Weaker Agents? Teacher Explanations Improve Students via Personalization',
    year: 2023,
    arxiv: '2306.09299',
  },
  teaches: 'a small language model at hand of a big one or a person, by explanations where these help most',
  params,
  run: teachOwn,
});

/** The user's own questions: which to explain, and what it gains where answers are known. */
async function teachOwn(questions: Question[], settings: Params, context: MethodContext): Promise<Taught> {
  const { seed, folder, signal, say } = context;
  const { budget, rule, label } = settings;
  const key = random.key(seed);
  const divided = dividedQuestions(questions, settings.known, key);
  const options = { folder, keyEnv: settings.keyEnv, maxCost: settings.maxCost, say };
  const student = await openResponder(settings.student, options);
  const isSame = settings.teacher === settings.student;
  const teacher =
    settings.teacher === 'human'
      ? undefined
      : isSame
        ? student
        : await openResponder(settings.teacher, options);
  try {
    const decided = await decide(divided, {
      ...settings,
      student,
      teacher,
      explainsFirst: rule === 'utility',
      scores: (simulated) => scoresOf(simulated, rule),
      signal,
      say,
    });
    const path = join(folder, 'interventions.jsonl');
    writeInterventions(path, decided);
    const lines = [
      `${decided.explained} of ${decided.batch.length} questions to explain: ${path}`,
      `right answers by ${label === 'gold' ? 'the data, which live questions do not have' : 'the teacher'}; ${percent(toldShare(decided))} of the explanations name their answer`,
      ...budgetLines(decided, { budget, key, folder }),
    ];
    const spent = [student, ...(teacher && !isSame ? [teacher] : [])].map((one) => one.spent() ?? Number.NaN);
    return { lines: [...lines, `spent: $${spent.reduce((sum, one) => sum + one, 0).toFixed(4)}`] };
  } catch (error) {
    if (!signal.aborted) throw error;
    return {
      lines: ['stopped before anything was decided: answers so far are kept, and the same command goes on'],
    };
  } finally {
    await student.close();
    if (!isSame) await teacher?.close();
  }
}

/*
 * The claim, in a world of facts and operators that nets of two layers learn: the paper's models are too large to train here, and a
 * world that is made shows what each part of the method adds. A student's knowledge differs by topic, and its teacher is imperfect.
 */

const experiment = {
  world: { topics: 12, entities: 25, operators: 8, synonyms: 2 },
  steps: 700,
  questions: 600,
  demonstrations: 200,
  known: { student: 0.1, teacher: 0.3 },
  observed: 48,
  budgets: [0, 0.2, 0.4, 0.6, 0.8, 1],
  judgedBudget: 0.2,
  // The errors of a student that its teacher looks at.
  errors: 8,
  tuning: { lessons: [10, 20, 40], steps: 50, rates: { explained: 1e-3, plain: 1e-4 } },
};

const quick = { ...experiment, steps: 60, questions: 100, demonstrations: 120 };

const claim = defineClaim({
  method: method.id,
  statement:
    'With a fifth of the questions explained, those that a mental model of 48 demonstrations expects to gain most, a student answers at least three points more right than with a fifth drawn at random.',
  metric: { name: 'share of questions right, a fifth of them explained', better: 'higher' },
  arm: 'utility',
  against: 'random',
  arms: factArms(experiment),
  quickArms: factArms(quick),
  seeds: [401, 402, 403, 404, 405, 406, 407, 408, 409, 410],
  smallestEffect: 0.03,
  parts: [
    {
      statement: 'Over all budgets, expected utility is better than help at random by a point.',
      arm: 'utility',
      against: 'random',
      figure: { name: 'area', better: 'higher' },
      least: 0.01,
    },
    {
      statement: 'Over all budgets, it is better than the chance of being right with help alone.',
      arm: 'utility',
      against: 'post',
      figure: { name: 'area', better: 'higher' },
      least: 0.005,
    },
    {
      statement: 'With an imperfect teacher, three fifths well chosen are two points better than all.',
      arm: 'utility',
      against: 'all',
      figure: { name: 'at 60 %', better: 'higher' },
      least: 0.02,
    },
    {
      statement: 'At random, a weaker teacher does not help: silence is no worse by a point.',
      arm: 'weak-none',
      against: 'weak-random',
      least: -0.01,
    },
    {
      statement: 'By expected utility, a weaker teacher helps by a point.',
      arm: 'weak-utility',
      against: 'weak-none',
      least: 0.01,
    },
    {
      statement:
        'Explanations of the kind that repaired this student are ten points better, where given, than of one that repaired another.',
      arm: 'personalised',
      against: 'swapped',
      figure: { name: 'on explained', better: 'higher' },
      least: 0.1,
    },
    {
      statement:
        'Explained examples teach other questions on the same entities better than examples without explanation, by five points.',
      arm: 'tuned-explained',
      against: 'tuned-plain',
      figure: { name: 'new pairs, 40 taught', better: 'higher' },
      least: 0.05,
    },
    {
      statement:
        'Wrong explanations bring the questions that they are given to within five points of chance or below.',
      arm: 'misleading',
      against: 'guessing',
      figure: { name: 'on explained', better: 'lower' },
      least: -0.05,
    },
  ],
  fails:
    "The lead over help at random is below three points, or one of the parts fails. That the mental model sees the right answers of the questions it ranks is the paper's setting; the arm of the teacher's label does without.",
  published:
    'StrategyQA: higher than random by several points at a fifth, in a figure; no number in the text',
  budget: 12,
  data: [],
  settings: experiment,
});

export const theoryOfMindTeacher = defineMethodFile({
  method,
  claim,
  data: 'questions as JSON lines or a JSON list: question, options unless a number is asked for, and where known answer and explanation',
  cost: 'of each question four short calls of the student and two of the teacher, and an explanation by both',
  reading:
    "Most of what is gained comes of knowing where the student fails. With the teacher's own label in place of the true one, which live questions do not have, nothing certain is left at a fifth (0.582 against 0.570); with 4 demonstrations neither. Examples that are learned instead of shown mend their own entities and spoil the others.",
  read: async (path) => readQuestions(path),
});
