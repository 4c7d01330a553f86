import { readFileSync } from 'node:fs';
import {
  binaryCrossEntropyWithLogits,
  crossEntropy,
  expandDims,
  gatherElements,
  nn,
  random,
  slice,
  squeeze,
  tensor,
} from '@tutelage/engine';
import { dualEncoderLoss, embedTexts } from '../packages/tutelage/dist/models/dual-encoder.js';
import { encode, initEncoder, meanPool } from '../packages/tutelage/dist/models/encoder.js';
import { gpt, initGpt } from '../packages/tutelage/dist/models/gpt.js';
import { initKnowledgeTracer, knowledgeTracer } from '../packages/tutelage/dist/models/knowledge-tracer.js';
import { initMlp, mlp } from '../packages/tutelage/dist/models/mlp.js';
import { initResnet, resnet } from '../packages/tutelage/dist/models/resnet.js';
import { initVit, vit } from '../packages/tutelage/dist/models/vit.js';

/** What every side trains: models by name, and the optimizer. */
export const { workloads, optimizer } = JSON.parse(
  readFileSync(new URL('../peers/bench/workloads.json', import.meta.url), 'utf8'),
);

const key = random.key('benchmark');

/** Initial parameters, the loss of a batch, and one batch of random data for a workload. */
export function build(spec) {
  return models[spec.model](spec);
}

const models = {
  mlp: (spec) => ({
    params: initMlp(key, spec),
    loss: (p, b) => crossEntropy(mlp(p, b.inputs), b.labels),
    batch: { inputs: normal([spec.batch, spec.inputs]), labels: integers([spec.batch], spec.classes) },
  }),
  resnet: (spec) => ({
    params: initResnet(key, { ...spec, blocks: spec.blocksPerStage }).params,
    loss: (p, b) => {
      const { logits, statistics } = resnet(p, b.images);
      return [crossEntropy(logits, b.labels), statistics];
    },
    batch: { images: images(spec), labels: integers([spec.batch], spec.classes) },
  }),
  vit: (spec) => ({
    params: initVit(key, spec),
    loss: (p, b) => crossEntropy(vit(p, spec, b.images), b.labels),
    batch: { images: images(spec), labels: integers([spec.batch], spec.classes) },
  }),
  gpt: (spec) => ({
    params: initGpt(key, spec),
    loss: (p, b) => crossEntropy(gpt(p, spec, b.tokens), b.targets),
    batch: {
      tokens: integers([spec.batch, spec.block], spec.vocabulary, 'tokens'),
      targets: integers([spec.batch, spec.block], spec.vocabulary, 'targets'),
    },
  }),
  'sentence-encoder': (spec) => ({
    params: {
      encoder: initEncoder(key, { ...spec, positions: spec.tokens }),
      head: nn.initLinear(key, spec.width, spec.classes),
    },
    loss: (p, b) =>
      crossEntropy(nn.linear(p.head, meanPool(encode(p.encoder, spec, b.tokens, b.mask), b.mask)), b.labels),
    batch: { ...texts(spec, spec.batch), labels: integers([spec.batch], spec.classes) },
  }),
  'dual-encoder': (spec) => ({
    params: initEncoder(key, { ...spec, positions: spec.tokens }),
    // Queries and documents have one length, so that the shared encoder takes them as one batch.
    loss: (p, b) => {
      const all = embedTexts(p, spec, b);
      const queries = slice(all, { axis: 0, end: spec.batch });
      return dualEncoderLoss(queries, slice(all, { axis: 0, start: spec.batch }), spec.temperature);
    },
    batch: texts(spec, 2 * spec.batch),
  }),
  gru: (spec) => ({
    params: initKnowledgeTracer(key, spec),
    loss: (p, b) => {
      const logits = gatherElements(knowledgeTracer(p, b.interactions), expandDims(b.skills, -1));
      return binaryCrossEntropyWithLogits(squeeze(logits, -1), b.correct, { weights: b.mask });
    },
    batch: {
      interactions: integers([spec.batch, spec.steps], 2 * spec.skills, 'interactions'),
      skills: integers([spec.batch, spec.steps], spec.skills, 'skills'),
      correct: tensor(Float32Array.from(integers([spec.batch, spec.steps], 2, 'correct').data), [
        spec.batch,
        spec.steps,
      ]),
      mask: prefixMask(spec.batch, spec.steps, spec.shortest),
    },
  }),
};

function images(spec) {
  return normal([spec.batch, spec.channels, spec.image, spec.image]);
}

function texts(spec, rows) {
  return {
    tokens: integers([rows, spec.tokens], spec.vocabulary, 'tokens'),
    mask: prefixMask(rows, spec.tokens, spec.shortest),
  };
}

function normal(shape) {
  return nn.normal(1)(random.foldIn(key, 'inputs'), shape);
}

/** int32 in 0..below-1. */
function integers(shape, below, name = 'labels') {
  const { data } = nn.uniform(0.5)(random.foldIn(key, name), shape);
  return tensor(
    Int32Array.from(data, (u) => Math.min(below - 1, Math.floor((u + 0.5) * below))),
    shape,
  );
}

/** Rows that start with ones, at least `shortest` of them, and end with zeros. */
function prefixMask(rows, columns, shortest) {
  const { data: lengths } = integers([rows], columns + 1 - shortest, 'lengths');
  const ones = (i) => (i % columns < shortest + lengths[Math.floor(i / columns)] ? 1 : 0);
  return tensor(
    Float32Array.from({ length: rows * columns }, (_, i) => ones(i)),
    [rows, columns],
  );
}
