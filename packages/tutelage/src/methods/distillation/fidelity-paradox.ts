import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Part } from '../../core/claim.js';
import { defineMethod } from '../../core/method.js';
import { type FidelityWay, fidelityArms, plainDistillation } from '../../experiments/fidelity-arms.js';
import type {
  FidelityLesson,
  FidelityReport,
  FidelityWorldOptions,
} from '../../experiments/fidelity-world.js';

/*
 * Generalization versus fidelity: "On the Generalization vs Fidelity Paradox in Knowledge Distillation", findings of ACL 2025. A student may
 * take over a teacher's answers without its way to them. So after every distillation three things are measured: accuracy, agreement with
 * the teacher's answers, and fidelity to its reasoning; over losses, temperatures, noise on the teacher's logits, and a teacher that does not
 * know the task.
 */

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
  method: defineMethod({
    id: 'fidelity-paradox',
    room: 'distillation',
    paper: {
      card: 39,
      title: 'On the Generalization vs Fidelity Paradox in Knowledge Distillation',
      year: 2025,
      arxiv: '2505.15442',
    },
    teaches:
      'a language model by a bigger one, and measures what it takes over: answers, agreement, and the way to them',
    params: z.object({}),
    run: async (): Promise<Taught> => ({ lines: [] }),
  }),
  claim,
  further: [{ claim: copies, reading: 'Stated, not run.' }],
  data: 'to be written to be written',
  cost: 'to be written to be written',
  reading: 'Stated, not run.',
  read: async () => undefined,
});
