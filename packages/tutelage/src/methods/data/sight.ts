import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import { UserError } from '../../core/errors.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { sightArms } from '../../experiments/sight-arms.js';
import { endpointParams, openResponder, responderForms } from '../../language/open-responder.js';
import { judgeCategory, labelRest, type RubricJob } from '../../own-data/rubric-job.js';
import {
  gateLine,
  type StudentFacts,
  writeDigest,
  writeLabels,
  writeReliability,
  writeSpotChecks,
} from '../../own-data/rubric-report.js';
import { type Rubric, readRubric } from '../../tasks/rubric.js';
import { readRubricComments } from '../../teachers/rubric-comments.js';
import { type RubricVariant, rubricVariants } from '../../teachers/rubric-prompts.js';
import type { AskedCategory, GatedCategory } from '../../teachers/rubric-reliability.js';

/*
 * SIGHT: Wang, Wirawarn, Goodman & Demszky, "SIGHT: A large annotated dataset on student insights gathered from higher education
 * transcripts", BEA 2023. A language model labels comments by a rubric, one yes-or-no question a category. How far people agree with
 * each other says how far to trust it; where it can be trusted, it labels everything, and here a small student takes over.
 */

const params = z.object({
  model: z.string().default('').describe(`who labels: ${responderForms}`),
  variants: z
    .string()
    .default(rubricVariants.join(','))
    .describe(
      'ways of asking to choose from: the statement alone, after examples, after examples with reasons',
    ),
  gate: z
    .number()
    .min(-1)
    .max(1)
    .default(0.4)
    .describe('least low end of the agreement with people to go on'),
  bulk: z.enum(['student', 'model']).default('student').describe('who labels what people did not label'),
  taught: z
    .int()
    .min(20)
    .default(2000)
    .describe('comments that the model labels for a student to learn from'),
  steps: z.int().min(1).default(1600).describe('updates of a student'),
  spotCheck: z.number().min(0).max(1).default(0.02).describe('share of the new labels to list for checking'),
  mask: z.boolean().default(false).describe('replace names behind @; the sign stays'),
  ...endpointParams,
});

type Params = z.output<typeof params>;

const method = defineMethod({
  id: 'sight',
  room: 'data',
  paper: {
    card: 11,
    title: 'SIGHT: A Large Annotated Dataset on Student Insights Gathered from Higher Education Transcripts',
    year: 2023,
    arxiv: '2306.09343',
  },
  teaches:
    'small classifiers of comments, one a category of a rubric, by a language model that people have checked',
  params,
  run: annotateOwn,
});

/** The user's own comments: how far the model agrees with people, then labels for all where that is enough. */
async function annotateOwn(rubric: Rubric, settings: Params, context: MethodContext): Promise<Taught> {
  const { seed, folder, signal, say } = context;
  const variants = variantsOf(settings.variants);
  const read = await readRubricComments(rubric, { mask: settings.mask, seed });
  for (const warning of read.warnings) say(`warning: ${warning}`);
  const model = await openResponder(settings.model, { folder, ...settings, say });
  const job: RubricJob = { ...context, ...settings, rubric, read, model, rows: [], calls: 0 };
  const begin = performance.now();
  const all: AskedCategory[] = [];
  const gates = new Map<string, GatedCategory>();
  const students = new Map<string, StudentFacts>();
  try {
    for (const category of rubric.categories) {
      const judged = await judgeCategory(job, category, variants);
      all.push(...judged.asked);
      gates.set(category.key, judged.gate);
    }
    for (const category of rubric.categories) {
      const gate = gates.get(category.key)!;
      if (!gate.passes) continue;
      const student = await labelRest(job, category, gate.chosen.variant);
      if (student) students.set(category.key, student);
    }
  } catch (error) {
    // What was answered is kept, and the same command goes on from there.
    if (!signal.aborted) throw error;
  } finally {
    await model.close();
  }
  const cost = {
    calls: job.calls,
    comments: read.comments.length,
    seconds: (performance.now() - begin) / 1000,
    dollars: model.spent() ?? null,
  };
  writeLabels(folder, read.ids, job.rows);
  writeReliability(folder, { asked: all, gates, students, cost });
  writeDigest(folder, read, job.rows, gates);
  writeSpotChecks(folder, read, job.rows, { share: settings.spotCheck, seed });
  const perCall = cost.calls === 0 ? 0 : cost.seconds / cost.calls;
  return {
    lines: [
      ...[...gates].map(([key, gate]) => gateLine(key, gate, students.get(key))),
      `${cost.calls} calls, ${perCall.toFixed(2)} s each, ${cost.dollars === null ? 'price unknown' : `$${cost.dollars.toFixed(4)}`}`,
      `labels, reliability, digest and students: ${folder}`,
    ],
  };
}

/** @throws {UserError} for what is no way of asking */
function variantsOf(list: string): RubricVariant[] {
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !rubricVariants.some((variant) => variant === name));
  if (unknown !== undefined) {
    throw new UserError(`unknown variant: ${unknown}`, { hint: `there are ${rubricVariants.join(', ')}` });
  }
  return rubricVariants.filter((variant) => names.includes(variant));
}

/* The claim, on the published comments and labels: gpt-3.5-turbo gave these, and two people labelled 289 of the comments. */

const experiment = {
  small: [1000, 4000],
  steps: { model: 1600, people: 200 },
  heldOut: 0.1,
  folds: 5,
  resamples: 1000,
} as const;

const quick = { ...experiment, steps: { model: 20, people: 10 }, resamples: 20 };

const claim = defineClaim({
  method: method.id,
  statement:
    "A small linear student of the language model's 15,000 labels agrees with people at least 0.2 better, by Cohen's kappa, than one of the people's own labels of the sample.",
  metric: { name: "Cohen's kappa with two people, mean of setup and confusion", better: 'higher' },
  arm: 'student',
  against: 'people',
  arms: sightArms(experiment),
  quickArms: sightArms(quick),
  seeds: [501, 502, 503, 504, 505, 506, 507, 508],
  smallestEffect: 0.2,
  parts: [
    {
      statement: "On setup, the student keeps 85 % of the model's 0.845.",
      arm: 'student',
      against: 'model',
      figure: { name: 'setup', better: 'higher' },
      least: -0.127,
    },
    {
      statement: "On confusion, the student keeps 85 % of the model's 0.724.",
      arm: 'student',
      against: 'model',
      figure: { name: 'confusion', better: 'higher' },
      least: -0.109,
    },
    {
      statement: 'More labels of the model help: all against 1,000, by 0.05.',
      arm: 'student',
      against: 'student-1000',
      least: 0.05,
    },
    {
      statement: 'More labels of the model help: 4,000 against 1,000, by 0.02.',
      arm: 'student-4000',
      against: 'student-1000',
      least: 0.02,
    },
    {
      statement:
        "Agreement among people foretells the model's over the nine categories: r of 0.7 or more, above none.",
      arm: 'model',
      against: 'majority',
      figure: { name: 'correlation', better: 'higher' },
      least: 0.7,
    },
    {
      statement: 'And the 5 % quantile of r over resampled comments is 0.3 or more.',
      arm: 'model',
      against: 'majority',
      figure: { name: 'correlation, 5 % quantile', better: 'higher' },
      least: 0.3,
    },
  ],
  fails:
    'The lead is below 0.2, or one of the parts fails: the student loses more than 15 % of the model, more labels do not help, or people foretell nothing. Intervals are over the seeds of training; the 289 comments themselves leave 0.1 to 0.17 open, alike for all arms.',
  published:
    'people and gpt-3.5-turbo: kappa above 0.7 where people agree above 0.9; r = 0.83 by the released labels',
  budget: 12,
  data: ['sight'],
  settings: experiment,
});

export const sight = defineMethodFile({
  method,
  claim,
  data: "a rubric as JSON: the table of comments, its columns, and categories with a statement each, perhaps examples and columns of people's labels",
  cost: 'a call for each comment, category and way of asking, of 150 to 600 tokens; the student labels for nothing',
  reading:
    'All but one part hold. On setup the student loses 0.120 of 0.845 where 0.127 were allowed, and eight seeds cannot tell: 11 of the 289 comments are of it. Of pedagogy it agrees with people better (0.51) than the plain question that the model was asked on them (0.35): its labels are of another prompt. With examples, r falls to 0.55, so that what people agree on foretells the plain question alone.',
  read: async (path) => readRubric(path),
});
