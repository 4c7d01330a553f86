import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  exportOnnx,
  mean,
  nn,
  openSession,
  random,
  saveModel,
  softmax,
  type Tensor,
  tensor,
  type Value,
} from '@tutelage/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../src/language/tokenizer/load.js';
import { saveTokenizer } from '../../src/language/tokenizer/save.js';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import { onnxImageTeacher, onnxTextTeacher } from '../../src/teachers/onnx-teacher.js';

const root = mkdtempSync(join(tmpdir(), 'onnx-'));
const fixtures = new URL('../../../engine/test/fixtures/import/', import.meta.url).pathname;
const texts = [
  'the card was lost',
  'a new card',
  'my money',
  'where is the money that the card had when it was lost or new',
];
const asExamples = <I>(inputs: readonly I[]) =>
  inputs.map((input, i) => ({ example: { id: String(i), input } }));

/** A folder with a tokenizer, to which models are added. */
function newFolder(name: string, files: Record<string, unknown> = {}): string {
  const folder = join(root, name);
  mkdirSync(folder);
  for (const file of ['tokenizer.json', 'tokenizer_config.json'])
    copyFileSync(join(root, file), join(folder, file));
  for (const [file, content] of Object.entries(files))
    writeFileSync(join(folder, file), JSON.stringify(content));
  return folder;
}

beforeAll(() => saveTokenizer(trainWordLevel(texts, { vocabulary: 60 }), root));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a classifier of texts', () => {
  const labels = { id2label: { 0: 'Lost card', 1: 'new_card', 2: 'money' }, max_position_embeddings: 16 };
  let model: string;
  beforeAll(() => {
    model = join(newFolder('bert', { 'config.json': labels }), 'model.onnx');
    copyFileSync(join(fixtures, 'bert.onnx'), model);
  });

  /** Logits of one text by itself, without padding. */
  async function alone(text: string): Promise<number[]> {
    const tokenizer = await loadTokenizer(join(root, 'bert'));
    const session = await openSession(model);
    const ids = tokenizer.encode(text, 16);
    const { logits } = await session.run({
      input_ids: tensor(BigInt64Array.from(ids, BigInt), [1, ids.length]),
      attention_mask: tensor(new BigInt64Array(ids.length).fill(1n), [1, ids.length]),
    });
    await session.dispose();
    return Array.from(logits!.data as Float32Array);
  }

  test('gives the logits of each text, whatever stands beside it, in the order of the labels', async () => {
    const teacher = await onnxTextTeacher({ model, labels: ['money', 'lost_card', 'new card'] });
    expect(teacher.kind).toBe('logits');
    expect(teacher.labels).toEqual(['money', 'lost_card', 'new card']);
    const many = Array.from({ length: 40 }, (_, i) => texts[i % texts.length]!);
    const progress: number[] = [];
    const signals = await teacher.teach(asExamples(many), { onProgress: (done) => progress.push(done) });
    expect(progress).toEqual([32, 40]);
    const exact = await Promise.all(texts.map(alone));
    signals.forEach((signal, i) => {
      const [lost, fresh, money] = exact[i % texts.length]!;
      const { values } = signal as { values: Float32Array };
      expect(Array.from(values)).toEqual([money, lost, fresh].map((x) => expect.closeTo(x!, 4)));
    });
    expect(exact[0]).not.toEqual(exact[1]);
    await teacher.dispose();
  });

  test('stops when told, and has a fingerprint of model, tokenizer and order of labels', async () => {
    const teacher = await onnxTextTeacher({ model });
    expect(teacher.labels).toEqual(['Lost card', 'new_card', 'money']);
    await expect(
      teacher.teach(asExamples(texts), { signal: AbortSignal.abort(new Error('stop')) }),
    ).rejects.toThrow('stop');
    const fingerprints = [teacher.fingerprint];
    for (const options of [{ labels: ['money', 'new card'] }, { maxLength: 5 }, { output: 'logits' }]) {
      const other = await onnxTextTeacher({ model, ...options });
      fingerprints.push(other.fingerprint);
      await other.dispose();
    }
    expect(new Set(fingerprints).size).toBe(3);
    expect(fingerprints[3]).toBe(fingerprints[0]);
    await teacher.dispose();
  });

  test('with other labels is refused, naming both', async () => {
    await expect(onnxTextTeacher({ model, labels: ['money', 'refund'] })).rejects.toMatchObject({
      message: "labels that the teacher doesn't know: refund",
      detail: "the task's labels: money, refund\nthe teacher's labels: Lost card, new_card, money",
    });
    await expect(onnxTextTeacher({ model, modelLabels: ['a', 'b'] })).rejects.toThrow(
      '3 outputs and 2 labels',
    );
    const bare = join(newFolder('bare'), 'model.onnx');
    copyFileSync(model, bare);
    await expect(onnxTextTeacher({ model: bare, labels: ['a', 'b', 'c'] })).rejects.toThrow(
      "doesn't name its classes",
    );
  });

  test('without what it needs says so', async () => {
    await expect(onnxTextTeacher({ model: join(root, 'none.onnx') })).rejects.toThrow(
      "can't run the teacher",
    );
    await expect(onnxTextTeacher({ model: join(root, 'tokenizer.json') })).rejects.toThrow(
      "can't run the teacher",
    );
    const folder = join(root, 'no-tokenizer');
    mkdirSync(folder);
    copyFileSync(model, join(folder, 'model.onnx'));
    await expect(onnxTextTeacher({ model: join(folder, 'model.onnx') })).rejects.toThrow('tokenizer.json');
    await expect(onnxTextTeacher({ model: join(fixtures, 'convnet.onnx') })).rejects.toThrow(
      "can't be made from text: 'images'",
    );
    await expect(onnxTextTeacher({ model, output: 'hidden' })).rejects.toThrow(
      'no such output of float32 numbers: hidden',
    );
  });
});

describe('an encoder of texts', () => {
  let model: string;
  let table: Tensor;
  beforeAll(() => {
    // In the folder `onnx`, with the tokenizer around it.
    const folder = join(newFolder('encoder'), 'onnx');
    mkdirSync(folder);
    model = join(folder, 'model.onnx');
    const values = new Float32Array(60 * 4);
    random.fillNormal(values, random.key(7));
    table = tensor(values, [60, 4]);
    const shape = ['batch', 'length'] as const;
    const embedded = (params: { weight: Value }, inputs: { input_ids: Value }) => ({
      last_hidden_state: nn.embed(params, inputs.input_ids),
    });
    saveModel(model, exportOnnx(embedded, { weight: table }, { input_ids: { dtype: 'int64', shape } }));
  });

  test.each(['mean', 'cls'] as const)('gives features by their %s', async (pooling) => {
    const teacher = await onnxTextTeacher({ model, pooling });
    expect(teacher.kind).toBe('features');
    const signals = await teacher.teach(asExamples(texts));
    const tokenizer = await loadTokenizer(root);
    texts.forEach((text, i) => {
      const ids = tokenizer.encode(text);
      const counted = pooling === 'cls' ? ids.slice(0, 1) : ids;
      const expected = [0, 1, 2, 3].map(
        (j) => counted.reduce((total, id) => total + Number(table.data[id * 4 + j]), 0) / counted.length,
      );
      expect(Array.from(signals[i] as Float32Array)).toEqual(expected.map((x) => expect.closeTo(x, 5)));
    });
    await teacher.dispose();
  });
});

describe('a classifier of images', () => {
  test('takes pixels as the model wants them', async () => {
    const model = join(fixtures, 'convnet.onnx');
    const shape = { height: 16, width: 16, channels: 3 } as const;
    const pixels = Uint8Array.from({ length: 768 }, (_, i) => (i * 37) % 256);
    const teacher = await onnxImageTeacher({ model, shape, normalisation: 'imagenet' });
    const [signal] = await teacher.teach(asExamples([pixels]));
    const planes = new Float32Array(768);
    const [center, deviation] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ];
    for (let y = 0; y < 16; y++)
      for (let x = 0; x < 16; x++)
        for (let c = 0; c < 3; c++)
          planes[(c * 16 + y) * 16 + x] = (pixels[(y * 16 + x) * 3 + c]! / 255 - center[c]!) / deviation[c]!;
    const session = await openSession(model);
    const { logits } = await session.run({ images: tensor(planes, [1, 3, 16, 16]) });
    await session.dispose();
    const { values } = signal as { values: Float32Array };
    expect(Array.from(values)).toEqual(Array.from(logits!.data as Float32Array, (x) => expect.closeTo(x, 4)));
    await teacher.dispose();
  });

  const bytes = Uint8Array.from({ length: 12 }, (_, i) => i * 20);

  test('with channels last, probabilities and one batch size', async () => {
    const path = join(
      newFolder('images', { 'preprocessor_config.json': { image_mean: [0.5], image_std: [0.25] } }),
      'm.onnx',
    );
    // The mean of each channel, as a softmax.
    const classify = (_: object, { pixels }: { pixels: Value }) => ({
      scores: softmax(mean(pixels, { axes: [1, 2] })),
    });
    saveModel(path, exportOnnx(classify, {}, { pixels: { dtype: 'float32', shape: [2, 2, 2, 3] } }));
    const shape = { height: 2, width: 2, channels: 3 } as const;
    const teacher = await onnxImageTeacher({ model: path, shape, modelLabels: ['r', 'g', 'b'] });
    const signals = await teacher.teach(asExamples([bytes, bytes, bytes]));
    expect(signals).toHaveLength(3);
    for (const signal of signals) {
      const { values } = signal as { values: Float32Array };
      // Channels differ by 20 of 255, in deviations of 0.25.
      expect(values[1]! - values[0]!).toBeCloseTo(20 / 255 / 0.25, 5);
      expect(values.reduce((total, x) => total + Math.exp(x), 0)).toBeCloseTo(1, 5);
    }
    await teacher.dispose();
  });

  test('of another size, or prepared nobody knows how, is refused', async () => {
    const model = join(fixtures, 'convnet.onnx');
    const wrong = { height: 8, width: 8, channels: 3 } as const;
    await expect(onnxImageTeacher({ model, shape: wrong, normalisation: 'unit' })).rejects.toThrow(
      "images of 8 x 8 x 3 don't fit the teacher: [batch, 3, 16, 16]",
    );
    const right = { height: 16, width: 16, channels: 3 } as const;
    await expect(onnxImageTeacher({ model, shape: right })).rejects.toThrow('no preprocessor_config.json');
    const teacher = await onnxImageTeacher({ model, shape: right, normalisation: 'symmetric' });
    await expect(teacher.teach(asExamples([bytes]))).rejects.toThrow('image of 12 bytes: 768 are needed');
    await teacher.dispose();
  });
});
