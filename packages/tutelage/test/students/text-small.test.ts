import {
  type Concrete,
  type ExportInput,
  encodeModel,
  exportOnnx,
  leavesOf,
  loadSession,
  random,
  type Tensor,
  type Tree,
  type Value,
} from '@tutelage/engine';
import { expect, test } from 'vitest';
import { argMax } from '../../src/assessment/probabilities.js';
import { predictor } from '../../src/students/predictor.js';
import { teachClassifier } from '../../src/students/teach.js';
import { textSmall } from '../../src/students/text-small.js';
import { labels, lessons, newRun, silent, temporaryFolder } from './helpers.js';

const root = temporaryFolder();
const train = lessons(96, 1);
const validation = lessons(48, 2);
const preset = await textSmall.create(train.inputs, labels, random.key(4));
const student = { ...preset, plan: { ...preset.plan, epochs: 9, batchSize: 16 } };
const common = {
  student,
  lessons: train,
  validation,
  distillation: { temperature: 1, weight: 0 },
  seed: 5,
  checkpointEvery: { seconds: 1000 },
  threads: 1,
};

test('learns from labels, and a training that was stopped ends in the same bits', async () => {
  const whole = await teachClassifier({ ...common, run: newRun(root), progress: silent() });
  const model = predictor(student, whole, { threads: 1 });
  const answers = await model.predict(validation.inputs);
  await model.dispose();
  const right = answers.filter((logits, i) => argMax(logits) === validation.classes[i]).length;
  expect(right / answers.length).toBeGreaterThan(0.9);

  const run = newRun(root);
  const stop = new AbortController();
  const progress = silent((done) => {
    if (done === 9) stop.abort();
  });
  const paused = await teachClassifier({ ...common, run, progress, signal: stop.signal });
  expect(paused.outcome).toBe('paused');
  const resumed = await teachClassifier({ ...common, run, progress: silent() });
  const bits = (of: typeof whole) => leavesOf<Tensor>(of.params).map(({ leaf }) => leaf.data);
  expect(bits(resumed)).toEqual(bits(whole));
});

test('leaves as ONNX with every length open', async () => {
  const { net, featurizer } = student;
  const model = exportOnnx<Tree<Value>, Readonly<Record<string, ExportInput>>>(
    (p, batch) => net.forward(p, batch, { training: false, statistics: {} }).logits,
    net.params as Concrete<Tree<Value>>,
    featurizer.inputs,
    { axes: { length: { max: featurizer.longest! } } },
  );
  const session = await loadSession(encodeModel(model), { threads: 1 });
  const own = predictor(student, { params: net.params, statistics: {} }, { threads: 1 });
  for (const texts of [['card'], train.inputs.slice(0, 3)]) {
    const { output } = await session.run(featurizer.batch(texts));
    const expected = (await own.predict(texts)).flatMap((row) => [...row]);
    expect(output!.data.length).toBe(expected.length);
    expected.forEach((x, i) => {
      expect(Math.abs(x - Number(output!.data[i]))).toBeLessThan(1e-4);
    });
  }
  await own.dispose();
  await session.dispose();
});

test('answers in the order of the texts, whatever their lengths', async () => {
  const own = predictor(student, { params: student.net.params, statistics: {} }, { threads: 1 });
  const texts = ['card', Array(30).fill('please').join(' '), 'lost pin', 'hello'];
  const together = await own.predict(texts);
  for (const [i, text] of texts.entries()) {
    const [alone] = await own.predict([text]);
    for (const [c, logit] of alone!.entries()) expect(together[i]![c]).toBeCloseTo(logit, 4);
  }
  await own.dispose();
});
