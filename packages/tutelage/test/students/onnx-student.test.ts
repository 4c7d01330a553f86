import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  add,
  cast,
  encodeModel,
  exportOnnx,
  leavesOf,
  matmul,
  nn,
  random,
  relu,
  reshape,
  softmax,
  type Tensor,
  type Value,
} from '@tutelage/engine';
import { expect, test } from 'vitest';
import { saveTokenizer } from '../../src/language/tokenizer/save.js';
import { trainWordPiece } from '../../src/language/tokenizer/train.js';
import { type Encoder, encode, initEncoder, meanPool } from '../../src/models/encoder.js';
import { onnxImageStudent, onnxTextStudent, type Tuning } from '../../src/students/onnx-student.js';
import { predictor } from '../../src/students/predictor.js';
import { teachClassifier } from '../../src/students/teach.js';
import { labels, lessons, newRun, silent, temporaryFolder } from './helpers.js';

const root = temporaryFolder();
const train = lessons(48, 1);
const tokenizer = trainWordPiece(train.inputs, { vocabulary: 200 });
await saveTokenizer(tokenizer, root);
const key = random.key(1);
const config = {
  vocabulary: tokenizer.vocabularySize,
  positions: 32,
  width: 16,
  layers: 1,
  heads: 2,
  intermediate: 32,
};

type TextModel<T> = { readonly bert: Encoder<T>; readonly classifier: nn.Linear<T> };

/** An ONNX file as exporters write it: int64 ids, mask and token types in, logits of some classes out. */
function textModel(classes: number, probable = false): string {
  const params: TextModel<Tensor> = {
    bert: initEncoder(key, config),
    classifier: nn.initLinear(random.foldIn(key, 'classifier'), config.width, classes),
  };
  const shape = ['batch', 'length'] as const;
  const model = exportOnnx(
    (p: TextModel<Value>, x: { input_ids: Value; attention_mask: Value; token_type_ids: Value }) => {
      const mask = cast(x.attention_mask, 'float32');
      const typed = add(cast(x.input_ids, 'int32'), cast(x.token_type_ids, 'int32'));
      const logits = nn.linear(p.classifier, meanPool(encode(p.bert, config, typed, mask), mask));
      return { logits: probable ? softmax(logits) : logits };
    },
    params,
    {
      input_ids: { dtype: 'int64', shape },
      attention_mask: { dtype: 'int64', shape },
      token_type_ids: { dtype: 'int64', shape },
    },
    { axes: { length: { max: config.positions } } },
  );
  const path = join(root, `text-${classes}-${probable}.onnx`);
  writeFileSync(path, encodeModel(model));
  return path;
}

const textOptions = (tuning: Tuning) => ({ tuning, length: config.positions });

async function changed(path: string, tuning: Tuning): Promise<Set<string>> {
  const made = await onnxTextStudent(path, textOptions(tuning)).create(train.inputs, labels, key);
  const student = { ...made, plan: { ...made.plan, epochs: 1, batchSize: 24 } };
  const trained = await teachClassifier({
    student,
    lessons: train,
    validation: { inputs: [], classes: new Int32Array() },
    distillation: { temperature: 1, weight: 0 },
    seed: 1,
    run: newRun(root),
    progress: silent(),
    checkpointEvery: { seconds: 1000 },
    threads: 1,
  });
  const after = new Map(leavesOf<Tensor>(trained.params).map(({ path, leaf }) => [path, leaf.data]));
  const moved = leavesOf<Tensor>(student.net.params).filter(({ path, leaf }) =>
    leaf.data.some((x, i) => x !== after.get(path)![i]),
  );
  return new Set(moved.map(({ path }) => path.split('.')[0]!));
}

async function answers(path: string, inputs: readonly string[]): Promise<readonly Float32Array[]> {
  const student = await onnxTextStudent(path, textOptions('whole')).create(train.inputs, labels, key);
  expect(Object.keys(student.net.params)).toEqual(['model']);
  const model = predictor(student, { params: student.net.params, statistics: {} });
  const given = await model.predict(inputs);
  await model.dispose();
  return given;
}

test('keeps the head of a model with as many classes, before its softmax', async () => {
  const [text, longer] = [train.inputs[0]!, Array(20).fill('card').join(' ')];
  const path = textModel(3);
  const [alone] = await answers(path, [text]);
  expect(alone).toHaveLength(3);
  expect(alone!.reduce((a, b) => a + b, 0)).not.toBeCloseTo(1, 3);
  for (const file of [path, textModel(3, true)]) {
    const [padded] = await answers(file, [text, longer]);
    for (const [i, logit] of alone!.entries()) expect(padded![i]).toBeCloseTo(logit, 4);
  }
});

test.each([
  ['whole', ['head', 'model']],
  ['head', ['head']],
  ['lora', ['head', 'lora']],
] as const)('a model of other classes gets a new head: tuning %s', async (tuning, parts) => {
  expect([...(await changed(textModel(5), tuning))].sort()).toEqual(parts);
});

test('takes an image model and replaces its head', async () => {
  type Mlp<T> = { readonly hidden: nn.Linear<T>; readonly output: nn.Linear<T> };
  const params: Mlp<Tensor> = {
    hidden: nn.initLinear(random.foldIn(key, 0), 12, 7),
    output: nn.initLinear(random.foldIn(key, 1), 7, 10),
  };
  const model = exportOnnx(
    (p: Mlp<Value>, { x }: { x: Value }) =>
      add(
        matmul(relu(nn.linear(p.hidden, reshape(x, [-1, 12]))), p.output.weight, { transB: true }),
        p.output.bias!,
      ),
    params,
    { x: { dtype: 'float32', shape: ['batch', 3, 2, 2] } },
  );
  const path = join(root, 'image.onnx');
  writeFileSync(path, encodeModel(model));
  const images = [Uint8Array.from({ length: 12 }, (_, i) => 20 * i), new Uint8Array(12)];
  const preset = onnxImageStudent(path, { height: 2, width: 2, channels: 3 }, 'whole');
  const { net } = await preset.create(images, ['a', 'b'], key);
  const shapes = leavesOf<Tensor>(net.params).map(({ path, leaf }) => [path, leaf.shape]);
  expect(shapes).toContainEqual(['head.weight', [2, 7]]);
  const other = onnxImageStudent(path, { height: 4, width: 2, channels: 3 }, 'whole');
  await expect(other.create(images, ['a', 'b'], key)).rejects.toThrow('images of another size: 4 x 2 x 3');
});

test('says what is wrong with a file', async () => {
  const created = (path: string) =>
    onnxTextStudent(path, { ...textOptions('whole'), tokenizer: root }).create(train.inputs, labels, key);
  await expect(created(join(root, 'none.onnx'))).rejects.toThrow('no such file');
  const damaged = join(root, 'damaged.onnx');
  writeFileSync(damaged, 'no model');
  await expect(created(damaged)).rejects.toThrow("model that can't be taught");
  const image = exportOnnx(
    (_: object, { x }: { x: Value }) => relu(x),
    {},
    { x: { dtype: 'float32', shape: ['n', 3] } },
  );
  const path = join(root, 'floats.onnx');
  writeFileSync(path, encodeModel(image));
  await expect(created(path)).rejects.toThrow('not a text model of open batch size');
});
