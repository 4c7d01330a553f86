import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Part } from '../../core/claim.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { type FidelityWay, fidelityArms, plainDistillation } from '../../experiments/fidelity-arms.js';
import type {
  FidelityLesson,
  FidelityReport,
  FidelityWorldOptions,
} from '../../experiments/fidelity-world.js';
import type { TokenDivergence } from '../../objectives/token-divergence.js';
import { fidelityCourse } from '../../own-data/fidelity-course.js';
import { type OwnFidelity, readOwnFidelity } from '../../own-data/own-fidelity.js';
import { imitateCausal } from '../../students/causal-imitation.js';
import { superviseCausal } from '../../students/causal-supervised.js';

/*
 * Generalization versus fidelity: "On the Generalization vs Fidelity Paradox in Knowledge Distillation", findings of ACL 2025. A student may
 * take over a teacher's answers without its way to them. So after every distillation three things are measured: accuracy, agreement with
 * the teacher's answers, and fidelity to its reasoning; over losses, temperatures, noise on the teacher's logits, and a teacher that does not
 * know the task.
 */

const params = z.object({
  losses: z
    .string()
    .regex(/^(sft|kd_gold_kl|revkd|gkd|seqkd_text)(,(sft|kd_gold_kl|revkd|gkd|seqkd_text))*$/)
    .default('sft,kd_gold_kl,revkd,gkd,seqkd_text')
    .describe(
      "how students learn: the solutions; the teacher's logits on them, or in reverse; half of own ones; the teacher's text",
    ),
  temperatures: z.string().default('1,2,5').describe('of both logits, for kd_gold_kl and revkd'),
  noises: z
    .string()
    .default('')
    .describe(
      "standard deviations of noise on the teacher's logits, each tried with kd_gold_kl; the paper tries 1,2,5",
    ),
  weight: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('share of the divergence in the loss; the rest is the likelihood of the solutions'),
  ownShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("share of gkd's updates on the student's own solutions"),
  beta: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.5)
    .describe("the teacher's weight in gkd's divergence (Jensen-Shannon)"),
  teacherPasses: z
    .int()
    .min(0)
    .default(4)
    .describe('over the solutions, for the teacher first; 0 leaves it as it is'),
  passes: z.int().min(1).default(4).describe('over the solutions, for each student'),
  learningRate: z.number().positive().default(3e-4).describe('of teacher and students'),
  loraRank: z.int().min(0).default(8).describe('rank of low-rank changes; 0 trains all weights'),
  batchSize: z.int().min(1).default(16).describe('rows of packed solutions in an update'),
  answerTokens: z.int().min(1).default(256).describe('most tokens of a solution that is written'),
  temperature: z
    .number()
    .min(0)
    .default(0)
    .describe('of the solutions to the test; 0 takes the likeliest tokens, the paper draws at 1'),
  validation: z
    .int()
    .min(0)
    .default(500)
    .describe('questions held out of training, on which teacher and student are compared before'),
  seeds: z.int().min(1).default(1).describe('students of each kind; intervals want 5 or more'),
});
type Settings = z.output<typeof params>;

const method = defineMethod({
  id: 'fidelity-paradox',
  room: 'distillation',
  paper: {
    card: 39,
    title: 'On the Generalization vs Fidelity Paradox in Knowledge Distillation',
    year: 2025,
    arxiv: '2505.15442',
  },
  teaches:
    'a causal language model by a bigger one, and tells what it takes over: right answers, those of the teacher, and its way to them',
  params,
  run: teachOwn,
});

/* The user's own models and questions. */

async function teachOwn(own: OwnFidelity, settings: Settings, context: MethodContext): Promise<Taught> {
  const { weight, ownShare, beta, answerTokens, passes } = settings;
  const course = fidelityCourse(own, settings, context);
  const teacher = await course.teacher();
  if (!teacher) return { lines: ['stopped before the teacher was there'] };
  const lines = await course.students(async ({ arm, loss, temperature, noise }, seed) => {
    const plan = { ...course.training(arm, seed), passes };
    const written = { sft: course.gold, seqkd_text: teacher.lessons };
    if (loss === 'sft' || loss === 'seqkd_text') {
      return superviseCausal({ ...plan, model: own.student, lessons: written[loss] });
    }
    const divergences: Record<typeof loss, TokenDivergence> = {
      kd_gold_kl: { kind: 'forward' },
      revkd: { kind: 'reverse' },
      gkd: { kind: 'jensen-shannon', weight: beta },
    };
    return imitateCausal({
      ...plan,
      teacher: teacher.model,
      student: own.student,
      lessons: course.gold,
      divergence: divergences[loss],
      temperature,
      weight,
      noise,
      ownShare: loss === 'gkd' ? ownShare : 0,
      answerTokens,
    });
  });
  return { lines };
}

/* The claims, on running sums whose solutions are written in two dialects. */

const world = {
  embedding: 8,
  gold: { items: 400, left: 0.7 },
  teacher: { width: 192, items: 6000, left: 0.7, passes: 15, learningRate: 3e-3 },
  noise: 0.15,
  passes: 40,
  learningRate: 3e-3,
  batchSize: 25,
  test: 1000,
} as const satisfies FidelityWorldOptions;
/** Most of what is given is in the dialect that the teacher hardly uses. */
const imitation = {
  ...world,
  gold: { items: 800, left: 0.15 },
  teacher: { ...world.teacher, left: 0.9 },
} as const satisfies FidelityWorldOptions;
const quick = { passes: 2, test: 50 };

const way = (
  id: string,
  title: string,
  width: number,
  lesson: Partial<FidelityLesson> = {},
): FidelityWay => ({
  id: `${id}-${width}`,
  title: `${title}, ${width} wide`,
  width,
  lesson: { ...plainDistillation, ...lesson },
});

const signalWays = [
  ...[12, 24, 64, 128].flatMap((width) => [
    way('sft', 'steps as they are written', width, { loss: 'steps' }),
    way('kd', "teacher's logits", width),
  ]),
  ...[24, 64].flatMap((width) => [
    way('hot2', 'at temperature 2', width, { temperature: 2 }),
    way('hot5', 'at temperature 5', width, { temperature: 5 }),
    way('reverse', 'reverse divergence', width, { loss: 'reverse' }),
    way('gkd', 'half on own traces', width, { loss: 'jensen-shannon', text: 'half own' }),
    way('noise1', 'noise of 1 on the logits', width, { noise: 1 }),
    way('noise2', 'noise of 2', width, { noise: 2 }),
    way('noise5', 'noise of 5', width, { noise: 5 }),
    way('untaught', 'logits of a teacher of another task', width, { untaught: true }),
  ]),
];

const leads = (arm: string, against: string, least: number, statement: string): Part => ({
  statement,
  arm,
  against,
  least,
});

const claim = defineClaim({
  method: 'fidelity-paradox',
  statement:
    "A small student of noisy solutions gets 10 points more answers right by a teacher's logits than by the steps as they are written.",
  metric: { name: 'share of right answers', better: 'higher' },
  arm: 'kd-24',
  against: 'sft-24',
  arms: fidelityArms(signalWays, 'accuracy', world),
  quickArms: fidelityArms(signalWays, 'accuracy', { ...world, ...quick }),
  parts: [
    leads('kd-12', 'sft-12', 0.1, 'So does one of half the width.'),
    leads('kd-24', 'hot5-24', 0.2, 'A temperature of 5 costs the small student 20 points.'),
    {
      ...leads('hot5-24', 'hot5-64', 0.05, 'It costs a larger student less.'),
      figure: { name: 'lost', better: 'higher' },
    },
    leads('kd-24', 'noise1-24', 0.02, 'Noise of 1 on the logits harms.'),
    leads('noise1-24', 'noise2-24', 0.02, 'Noise of 2 harms more.'),
    leads('noise2-24', 'noise5-24', 0.02, 'Noise of 5 harms more.'),
    leads('sft-24', 'untaught-24', 0.02, 'A teacher that does not know the task is worse than none.'),
  ],
  seeds: Array.from({ length: 10 }, (_, i) => 801 + i),
  smallestEffect: 0.1,
  fails:
    "A teacher's logits give no more than the steps, or temperature, noise and a wrong teacher do no harm.",
  published:
    'Qwen2.5 3B to 0.5B, mean of six mathematical tasks: SFT 52.84; KD 55.87, 58.90, 8.30 at temperatures 1, 2, 5; untuned teacher 26.98',
  budget: 10,
  data: [],
  settings: { world, ways: signalWays },
});

const width = 16;
const imitationWays: FidelityWay[] = [
  { id: 'teacher', title: 'the teacher', width },
  ...[width, 128].flatMap((own) => [
    way('sft', 'steps as they are written', own, { loss: 'steps' }),
    way('kd', "teacher's logits on these", own),
    way('reverse', 'reverse divergence', own, { loss: 'reverse' }),
    way('gkd', 'half on own traces', own, { loss: 'jensen-shannon', text: 'half own' }),
    way('seqkd', "teacher's traces as text", own, { loss: 'steps', text: 'teacher' }),
    way('kd-text', "teacher's logits on its traces", own, { text: 'teacher' }),
  ]),
];
const of = (name: keyof FidelityReport, part: Part): Part => ({
  ...part,
  figure: { name, better: 'higher' },
});

const copies = defineClaim({
  method: 'fidelity-paradox',
  experiment: 'imitation',
  statement:
    "A student of solutions in another dialect gives the teacher's answers and hardly ever its traces; by the teacher's logits on the same solutions it gives these too, 85 points more of them.",
  metric: { name: "share of items with the teacher's whole trace", better: 'higher' },
  arm: 'kd-16',
  against: 'sft-16',
  arms: fidelityArms(imitationWays, 'fidelity', imitation),
  quickArms: fidelityArms(imitationWays, 'fidelity', { ...imitation, ...quick }),
  parts: [
    of(
      'accuracy',
      leads(
        'sft-16',
        'teacher',
        -0.12,
        'Taught by the steps, it gets 12 points less than the teacher right at most.',
      ),
    ),
    of(
      'agreement',
      leads('sft-16', 'teacher', -0.15, "It gives the teacher's answer to 85 of 100 items at least."),
    ),
    leads('teacher', 'sft-16', 0.95, "It gives the teacher's trace to 5 of 100 items at most."),
    leads('kd-16', 'teacher', -0.1, "By logits it gives the teacher's trace to 90 of 100 at least."),
  ],
  seeds: Array.from({ length: 10 }, (_, i) => 901 + i),
  smallestEffect: 0.85,
  fails: 'Fidelity follows agreement in every arm.',
  published:
    'distillation raises the similarity of rationales by 1 to 4 points of BLEU; gain and fidelity do not go together (Spearman -0.46 to 0.11)',
  budget: 8,
  data: [],
  settings: { world: imitation, ways: imitationWays },
});

export const fidelityParadox = defineMethodFile({
  method,
  claim,
  further: [
    {
      claim: copies,
      reading:
        "Agreement does not tell of fidelity: taught by solutions in the other dialect, a student gives the teacher's answer to 84 of 100 items and its trace to 1. The teacher's logits on the same solutions make that 89, and its own text makes it 97, with its logits or without. The three parts that can't be told are within three points of their thresholds. Larger students overfit the given solutions; with logits they don't.",
    },
  ],
  data: 'a JSON file: `teacher` and `student` (LLaMA models of one vocabulary: folders as Hugging Face lays them out, or GGUF files), `train` and `test` (JSON lines of prompt, answer, perhaps rationale), perhaps `matcher` (`answer` compares by value, `exact` as text)',
  cost: 'a training of a student for each loss, temperature and seed, with a pass of the teacher through each update; the teacher solves all questions once',
  reading:
    'All but one part holds: logits make 77 of 100 answers right where noisy steps make 36, and noise or a teacher of another task do the harm that is claimed. A temperature of 5 costs the small student 8 points and not 20: pilots had seen 17 and more, on two seeds. Learning half on own traces is best, with 89. Larger students gain more, not less, since the steps are learned with their noise; that small students gain most is not seen here.',
  read: readOwnFidelity,
});
