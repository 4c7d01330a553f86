import {
  add,
  concat,
  gatherElements,
  mul,
  random,
  reshape,
  slice,
  stopGradient,
  sub,
  cast,
  type Value,
} from '@tutelage/engine';
import { z } from 'zod';
import { atResolution } from '../../models/segmenter.js';
import {
  channelWiseDistillation,
  correlationDistillation,
  pixelCrossEntropy,
  pixelDistillation,
} from '../../objectives/segmentation.js';
import { pixelConfusion, segmentationScores } from '../../assessment/segmentation.js';
import {
  classMaps,
  frozen,
  type MapBatch,
  overMaps,
  type SegmentationNet,
  type SegmentationPlan,
  teachSegmenter,
} from '../../students/segmentation.js';
import type { LabelledMaps } from '../../tasks/labelled-maps.js';

const params = z.object({
  codeScale: z.number().positive().default(1.5).describe('size of the label channel beside inputs of variance 1'),
  noise: z.number().min(0).default(0.03).describe('noise of each pixel of the label channel, teaching the teacher'),
  studentNoise: z.number().min(0).default(0.02).describe('the same, teaching the student'),
  studentCodes: z.enum(['fixed', 'random']).default('fixed').describe('values of the classes, teaching the student'),
  consistency: z.number().min(0).default(5).describe('weight of the agreement of the teacher with itself under two codes'),
  distance: z.enum(['cwd', 'kl', 'dist']).default('cwd').describe('between teacher and student'),
  weight: z.number().min(0).default(3).describe('weight of that distance'),
  temperature: z.number().positive().default(4).describe('softens what is compared'),
  epochs: z.int().min(1).default(80).describe('passes of each training'),
  batchSize: z.int().min(1).default(16).describe('images a step'),
  learningRate: z.number().positive().default(0.003).describe('of Adam'),
  width: z.int().min(1).default(12).describe('kernels of the first convolution'),
});
type Settings = z.output<typeof params>;

type Source = 'own' | 'other' | 'blank';
type Codes = 'random' | 'fixed';

interface Painting { readonly classes: number; readonly codes: Codes; readonly source: Source; readonly scale: number; readonly noise: number }

export function labelChannel(labels: Value, key: Value, { classes, codes, source, scale, noise }: Painting): Value {
  const [batch, size] = [labels.dim(0), labels.shape.slice(1)];
  const ids = classes + 1;
  const shown = source === 'other' ? concat([slice(labels, { axis: 0, start: 1 }), slice(labels, { axis: 0, end: 1 })], 0) : labels;
  const flat = reshape(shown, [batch, -1]);
  const painted = codes === 'fixed'
      ? mul(sub(cast(flat, 'float32'), ids / 2), 2.2 / ids)
      : gatherElements(random.normal(random.foldInTraced(key, 'codes'), [batch, ids]), flat, 1);
  const spoiled = add(painted, mul(random.normal(random.foldInTraced(key, 'noise'), flat.shape), noise));
  return reshape(mul(spoiled, source === 'blank' ? 0 : scale), [batch, 1, ...size]);
}

const distances = { cwd: channelWiseDistillation, kl: pixelDistillation, dist: correlationDistillation };

export function teachTeacher(maps: LabelledMaps, plan: SegmentationPlan, settings: Settings & {codes: Codes; source: Source}): Promise<SegmentationNet> {
  const classes = maps.classes.length;
  const { codes, source, codeScale: scale, noise, consistency } = settings;
  return teachSegmenter(maps, plan, {
    channels: 1,
    loss: (forward, { x, y }, key) => {
      const seen = (path: number) => concat([x, labelChannel(y, random.foldInTraced(key, path), { classes, codes, source, scale, noise })], 1);
      const { logits, statistics } = forward(concat([seen(0), seen(1)], 0));
      const half = x.dim(0);
      const [one, two] = [slice(logits, { axis: 0, end: half }), slice(logits, { axis: 0, start: half })];
      const both = pixelCrossEntropy(atResolution(logits, maps.size), concat([y, y], 0), classes);
      const agree = add(channelWiseDistillation(one, stopGradient(two), { temperature: 4 }), channelWiseDistillation(two, stopGradient(one), { temperature: 4 }));
      return [add(mul(both, 2), mul(agree, consistency)), statistics];
    },
  });
}

export type Guide = (batch: MapBatch, key: Value) => Value;

export function teachStudent(maps: LabelledMaps, plan: SegmentationPlan, settings: Pick<Settings, 'distance' | 'weight' | 'temperature'>, guide?: Guide): Promise<SegmentationNet> {
  const { distance, weight, temperature } = settings;
  return teachSegmenter(maps, plan, {
    loss: (forward, batch, key) => {
      const { logits, statistics } = forward(batch.x);
      const own = pixelCrossEntropy(atResolution(logits, maps.size), batch.y, maps.classes.length);
      if (!guide) return [own, statistics];
      const taught = distances[distance](logits, stopGradient(guide(batch, key)), { temperature });
      return [add(own, mul(taught, weight)), statistics];
    },
  });
}
export async function score(maps: LabelledMaps, logits: Guide) {
  const answers = await overMaps(maps, 1, (batch, key) => classMaps(logits(batch, key), maps.size));
  return segmentationScores(pixelConfusion(maps.labels, answers, maps.classes.length, maps.classes.length));
}
export { frozen };
