import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { add, concat, mul, random, slice, stopGradient } from '@tutelage/engine';
import { z } from 'zod';
import { segmentationLines } from '../../assessment/segmentation.js';
import { percent } from '../../assessment/wording.js';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Trial } from '../../claims/trials.js';
import type { Arm } from '../../core/claim.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { atResolution } from '../../models/segmenter.js';
import { labelChannel, type Painting } from '../../objectives/label-channel.js';
import { channelWiseDistillation, pixelCrossEntropy } from '../../objectives/segmentation.js';
import { ownSegmentation } from '../../own-data/own-segmentation.js';
import { runOwnTrials } from '../../own-data/own-trials.js';
import * as nets from '../../students/segmentation.js';
import type { LabelledMaps } from '../../tasks/labelled-maps.js';
import { openSegmentationFolder, type SegmentationFolder } from '../../tasks/segmentation-folder.js';
import { shapeScenes } from '../../tasks/shape-scenes.js';
import { segmentedSignals } from '../../tasks/signals.js';

/*
 * Label-assisted distillation: "Make a Strong Teacher with Label Assistance", ECCV 2024. The teacher is a net of the student's own
 * size that sees, as a further channel, the labels, spoiled so that they tell what belongs together but not what it is.
 */

const params = z.object({
  codeScale: z.number().positive().default(1.5).describe('size of the codes, beside inputs of variance 1'),
  noise: z.number().min(0).default(0.03).describe('noise of a code at each pixel, before it is scaled'),
  studentNoise: z.number().min(0).default(0.02).describe('the same while the student learns'),
  studentCodes: z.enum(['fixed', 'random']).default('fixed').describe('codes while the student learns'),
  consistency: z.number().min(0).default(5).describe("weight of the teacher's agreement with itself"),
  distance: z.enum(['cwd', 'kl', 'dist']).default('cwd').describe('of the student from its teacher'),
  distanceWeight: z.number().min(0).default(3).describe('weight of that distance; 1 suits kl'),
  temperature: z.number().positive().default(4).describe('softens what is compared'),
  epochs: z.int().min(1).default(80).describe('passes of each training; the paper takes 40,000 steps'),
  batchSize: z.int().min(1).default(16).describe('images a step'),
  learningRate: z.number().positive().default(3e-3).describe('of Adam; the paper fine-tunes by momentum'),
  width: z.int().min(1).default(12).describe('kernels of the first convolution'),
  height: z.int().min(8).default(96).describe('height that images are brought to'),
  imageWidth: z.int().min(8).default(96).describe('width that images are brought to'),
});

type Settings = z.output<typeof params>;

/** Temperature of the teacher's agreement with itself. */
const agreement = { temperature: 4 };

/** The teacher's loss: labels from two versions of each image, and the two answers' distance from one another. */
function teachTeacher(
  maps: LabelledMaps,
  plan: nets.SegmentationPlan,
  painting: Painting,
  consistency: number,
): Promise<nets.SegmentationNet> {
  const classes = maps.classes.length;
  return nets.teachSegmenter(maps, plan, {
    channels: 1,
    loss: (forward, { x, y }, key) => {
      const seen = [0, 1].map((i) =>
        concat([x, labelChannel(y, classes, random.foldInTraced(key, i), painting)], 1),
      );
      const { logits, statistics } = forward(concat(seen, 0));
      const [one, two] = [
        slice(logits, { axis: 0, end: x.dim(0) }),
        slice(logits, { axis: 0, start: x.dim(0) }),
      ];
      const labels = mul(pixelCrossEntropy(atResolution(logits, maps.size), concat([y, y], 0), classes), 2);
      const apart = add(
        channelWiseDistillation(one, stopGradient(two), agreement),
        channelWiseDistillation(two, stopGradient(one), agreement),
      );
      return [add(labels, mul(apart, consistency)), statistics];
    },
  });
}

/** What a net answers that sees labels beside the inputs. */
const assisted = (net: nets.SegmentationNet, classes: number, painting: Painting): nets.MapLogits => {
  const forward = nets.frozen(net);
  return ({ x, y }, key) => forward(concat([x, labelChannel(y, classes, key, painting)], 1));
};

/** How well a teacher does with its labels, with another image's and with none, and what its answers leave open, in nats. */
async function leaning(maps: LabelledMaps, seed: number, net: nets.SegmentationNet, painting: Painting) {
  const shown = (changes: Partial<Painting>) =>
    assisted(net, maps.classes.length, { ...painting, ...changes });
  const iou = async (logits: nets.MapLogits) => (await nets.scoreMaps(maps, seed, logits)).meanIou;
  return {
    teacher: await iou(shown({})),
    shuffled: await iou(shown({ source: 'other' })),
    blank: await iou(shown({ source: 'blank' })),
    entropy: await nets.meanEntropy(maps, seed, shown({})),
  };
}

/** A teacher's initial values are other ones than its student's. */
const teacherSeed = (seed: number) => seed + 100_000;

const method = defineMethod({
  id: 'label-assisted-distillation',
  room: 'distillation',
  paper: { card: 1, title: 'Make a Strong Teacher with Label Assistance', year: 2024, arxiv: '2407.13254' },
  teaches: 'a net that labels each pixel, by a teacher of its own size that sees spoiled labels',
  params,
  run: teachOwn,
});

const ownArms = ['student alone', 'plain distillation', 'label-assisted distillation'] as const;

const outcome = z.object({
  meanIou: z.number(),
  pixelAccuracy: z.number(),
  iou: z.array(z.number().nullable()),
  leaning: z.record(z.string(), z.number()).exactOptional(),
});

/** The user's own images: the student alone, taught by a plain teacher of its size, and by an assisted one. */
async function teachOwn(
  found: SegmentationFolder,
  settings: Settings,
  context: MethodContext,
): Promise<Taught> {
  const { seed, folder, signal, say } = context;
  const { height, imageWidth, codeScale, noise, studentNoise, studentCodes, consistency } = settings;
  const own = await ownSegmentation(found, { height, width: imageWidth });
  for (const warning of own.warnings) say(`warning: ${warning}`);
  const { train, test, hash } = own;
  const classes = train.classes.length;
  const shown: Painting = { source: 'own', codes: 'random', scale: codeScale, noise };
  const run = async ({ arm }: Trial): Promise<z.output<typeof outcome>> => {
    say(arm);
    const plan = { ...settings, flip: true, seed, signal };
    const above = { ...plan, seed: teacherSeed(seed) };
    const student = async (teacher?: nets.MapLogits) => {
      const net = await nets.teachFromMaps(train, plan, settings, teacher);
      const { iou, ...scores } = await nets.scoreMaps(test, seed, nets.unassisted(net));
      return { net, scores: { ...scores, iou: iou.map((value) => value ?? null) } };
    };
    if (arm === ownArms[0]) return (await student()).scores;
    if (arm === ownArms[1]) {
      return (await student(nets.unassisted(await nets.teachFromMaps(train, above, settings)))).scores;
    }
    const teacher = await teachTeacher(train, above, shown, consistency);
    const painting = { ...shown, codes: studentCodes, noise: studentNoise };
    const { net, scores } = await student(assisted(teacher, classes, painting));
    if (!signal.aborted) own.ship(folder, net, teacher);
    return { ...scores, leaning: await leaning(test, seed, teacher, shown) };
  };
  const trials = ownArms.map((arm) => ({ arm, seed }));
  const facts = { data: hash, seed, ...settings };
  const rows = await runOwnTrials(trials, { folder, facts, outcome, run, signal });
  const table = { classes: found.classes, rows };
  writeFileSync(join(folder, 'table.json'), `${JSON.stringify(table, undefined, 2)}\n`);
  const scores = rows.map(({ arm, iou, ...row }) => ({
    ...row,
    name: arm,
    iou: iou.map((v) => v ?? undefined),
  }));
  const lean = Object.entries(rows.at(-1)?.leaning ?? {}).filter(([name]) => name !== 'entropy');
  return {
    lines: [
      ...segmentationLines(found.classes, scores),
      ...lean.map(([name, iou]) => `teacher, ${shownAs[name]}: mean IoU ${percent(iou)}`),
      `student.onnx, teacher.safetensors, table.json: ${folder}`,
    ],
  };
}

const shownAs: Readonly<Record<string, string>> = {
  teacher: 'shown the labels',
  shuffled: "shown another image's labels",
  blank: 'shown none',
};

/*
 * The claim, on signals of six classes. Codes are larger than the paper's, for a net that is not pre-trained hardly looks at small
 * ones; the distance and its weight were chosen for plain distillation.
 */

const experiment = { train: 300, test: 500, epochs: 80, scenes: { train: 600, test: 300, epochs: 40 } };
const taughtBy = { distance: 'kl', distanceWeight: 1, temperature: 2 } as const;
const painted = { source: 'own', codes: 'random', scale: 5, noise: 0.03 } as const;
const size = { width: 12, wide: 48, batchSize: 16, learningRate: 3e-3 };
const consistency = 0.1;

/** A teacher: a plain one of some width, or one that sees labels. */
type Teacher = { readonly width: number } | { readonly painting: Painting; readonly consistency: number };

function armsOf({ train, test, epochs, scenes }: typeof experiment): Arm[] {
  const arm = (id: string, title: string, teacher?: Teacher, pixels = false): Arm => ({
    id,
    title,
    async run(seed, signal) {
      const draw = pixels ? shapeScenes : segmentedSignals;
      const sizes = pixels ? scenes : { train, test, epochs };
      const maps = draw(sizes.train, random.foldIn(random.key(seed), 'train'));
      const unseen = draw(sizes.test, random.foldIn(random.key(seed), 'test'));
      const plan = { ...size, epochs: sizes.epochs, flip: pixels, seed, signal };
      const above = { ...plan, seed: teacherSeed(seed) };
      const taught = async (own: typeof plan, logits?: nets.MapLogits) =>
        nets.unassisted(await nets.teachFromMaps(maps, own, taughtBy, logits));
      const iou = async (logits: nets.MapLogits) => (await nets.scoreMaps(unseen, seed, logits)).meanIou;
      if (!teacher) return iou(await taught(plan));
      if ('width' in teacher) {
        const logits = await taught({ ...above, ...teacher });
        return { value: await iou(await taught(plan, logits)), figures: { teacher: await iou(logits) } };
      }
      const { painting, consistency } = teacher;
      const net = await teachTeacher(maps, above, painting, consistency);
      const value = await iou(await taught(plan, assisted(net, maps.classes.length, painting)));
      return { value, figures: await leaning(unseen, seed, net, painting) };
    },
  });
  const seeing = (changes: Partial<Painting>, weight = consistency): Teacher => ({
    painting: { ...painted, ...changes },
    consistency: weight,
  });
  return [
    arm('alone', 'student alone'),
    arm('plain', 'plain teacher of the same size', { width: size.width }),
    arm('wide', 'plain teacher four times as wide', { width: size.wide }),
    arm('assisted', 'label-assisted teacher', seeing({})),
    arm('no-consistency', 'label-assisted, no consistency', seeing({}, 0)),
    arm('consistency-1', 'label-assisted, ten times the consistency', seeing({}, 1)),
    arm('raw', 'shown raw labels', seeing({ codes: 'fixed' })),
    arm('wrong', "shown another signal's labels", seeing({ source: 'other' })),
    arm('scenes-alone', 'scenes: student alone', undefined, true),
    arm('scenes-assisted', 'scenes: label-assisted teacher', seeing({}), true),
  ];
}

const claim = defineClaim({
  method: method.id,
  statement:
    'The student of a label-assisted teacher of its own size is at least 2 points of mean IoU better than alone.',
  metric: { name: 'mean IoU over six classes, in [0, 1]', better: 'higher' },
  arm: 'assisted',
  against: 'alone',
  parts: [
    {
      statement: 'Seeing labels, the teacher is at least 8 points better than a plain one.',
      arm: 'assisted',
      against: 'plain',
      figure: { name: 'teacher', better: 'higher' },
      least: 0.08,
    },
    { statement: "Its student beats a plain teacher's.", arm: 'assisted', against: 'plain', least: 0.001 },
    {
      statement: 'Raw labels do not teach: no better by a point.',
      arm: 'alone',
      against: 'raw',
      least: -0.01,
    },
    { statement: 'Nor do they harm by a point.', arm: 'raw', against: 'alone', least: -0.01 },
    { statement: 'Wrong labels do not, by half a point.', arm: 'plain', against: 'wrong', least: -0.005 },
  ],
  arms: armsOf(experiment),
  quickArms: armsOf({ train: 64, test: 32, epochs: 2, scenes: { train: 48, test: 16, epochs: 2 } }),
  seeds: [401, 402, 403, 404, 405, 406],
  smallestEffect: 0.02,
  fails:
    "The interval of the lead lies below 2 points, or a part fails: if wrong labels teach as well as right ones, the gain is not the labels'.",
  published:
    'Pascal VOC mean IoU, DeepLabV3 on ResNet-18: 75.0 against 73.21 alone and 74.50 with CIRKD and a teacher on ResNet-101',
  budget: 14,
  data: [],
  settings: { ...experiment, ...taughtBy, ...painted, ...size, consistency },
});

export const labelAssistedDistillation = defineMethodFile({
  method,
  claim,
  data: 'a folder with images, masks of ids with the same names, and classes.json; or images and COCO annotations.json',
  cost: 'about four times plain training: two passes a step for the teacher, and its answers while the student learns',
  reading:
    "A teacher that sees noised labels is ten points better than a plain one, and its student 0.8 points better than the plain teacher's. But labels of another signal teach nearly as well: most of the gain over a plain teacher comes of the noisy channel and not of what it says. Labels as they are teach too, though less. On the 2-D scenes the student gained nothing.",
  read: openSegmentationFolder,
});
