import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeModel, encodeModel, random } from '@tutelage/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { probabilities as softmaxOf } from '../../src/assessment/probabilities.js';
import type { ClassifierStudent } from '../../src/students/classifier.js';
import { imageSmall } from '../../src/students/image-presets.js';
import { type LoadedStudent, loadStudent } from '../../src/students/load-student.js';
import type { CardFacts } from '../../src/students/model-card.js';
import { predictor } from '../../src/students/predictor.js';
import { shipStudent } from '../../src/students/ship.js';
import { textNano } from '../../src/students/text-nano.js';
import { version } from '../../src/students/version.js';
import type { Shipped } from '../../src/students/write-student.js';

const folder = mkdtempSync(join(tmpdir(), 'tutelage-ship-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const facts: CardFacts = {
  name: 'tickets | <b>',
  licence: 'CC-BY-4.0',
  data: { name: 'tickets.csv', hash: 'abc', train: 10, validation: 3, test: 4 },
  teacher: 'a big one',
  metrics: [{ name: 'accuracy', value: 0.9, low: 0.8, high: 0.95 }],
  warnings: ['labels with\nline breaks'],
};

const texts = ['', 'my card was swallowed', 'где мой перевод?', 'a longer text '.repeat(40), '🙂'];
let text: ClassifierStudent<string>;
let shipped: Shipped;

beforeAll(async () => {
  text = await textNano.create(texts, ['yes', 'no', 'perhaps'], random.key(1));
  const validation = { inputs: texts, classes: [0, 1, 2, 0, 1] };
  const trained = { params: text.net.params, statistics: text.net.statistics };
  shipped = await shipStudent({
    folder: at('text'),
    input: 'text',
    student: text,
    trained,
    validation,
    facts,
  });
});

/** Largest difference between the probabilities of a loaded student and those of the net that it was made from. */
async function distance<I>(
  student: ClassifierStudent<I>,
  inputs: readonly I[],
  loaded: Pick<LoadedStudent, 'labels'> & {
    predict(inputs: readonly I[]): Promise<{ probabilities: Float32Array }[]>;
  },
): Promise<number> {
  const { params, statistics } = student.net;
  const model = predictor(student, { params, statistics });
  const expected = (await model.predict(inputs)).map((logits) => softmaxOf(logits));
  const found = await loaded.predict(inputs);
  await model.dispose();
  return Math.max(
    ...found.flatMap(({ probabilities }, i) =>
      Array.from(probabilities, (p, c) => Math.abs(p - expected[i]![c]!)),
    ),
  );
}

test('a text student answers as the net that it was made from, in batches of any size', async () => {
  const loaded = await loadStudent(at('text'));
  if (loaded.input !== 'text') throw new Error('not a student of texts');
  const many = Array.from({ length: 300 }, (_, i) => `${texts[i % texts.length]} ${i}`);
  expect(await distance(text, [...texts, ...many], loaded)).toBeLessThan(1e-5);
  const answers = await loaded.predict(texts);
  for (const { label, probabilities, logits } of answers) {
    expect(loaded.labels[probabilities.indexOf(Math.max(...probabilities))]).toBe(label);
    expect(Array.from(softmaxOf(logits))).toEqual(
      Array.from(probabilities, (p) => expect.closeTo(p, 5) as number),
    );
  }
  expect(await loaded.predict([])).toEqual([]);
  await loaded.dispose();
});

test('the int8 form is smaller, near, and measured', async () => {
  expect(shipped.int8.bytes).toBeLessThan(shipped.float32.bytes / 3);
  expect(shipped.int8.score).toBeTypeOf('number');
  const loaded = await loadStudent(at('text'), { precision: 'int8', threads: 1 });
  if (loaded.input !== 'text') throw new Error('not a student of texts');
  const gap = await distance(text, texts, loaded);
  expect(gap).toBeGreaterThan(0);
  expect(gap).toBeLessThan(0.02);
  await loaded.dispose();
});

test('an image student with batch norms answers as its net; images of another size are refused', async () => {
  const images = Array.from({ length: 6 }, (_, n) =>
    Uint8Array.from({ length: 12 * 12 * 3 }, (_, i) => (i * 7 + n * 40) % 256),
  );
  const preset = imageSmall({ height: 12, width: 12, channels: 3 });
  const student = await preset.create(images, ['a', 'b'], random.key(2));
  const { params, statistics } = student.net;
  await shipStudent({
    folder: at('image'),
    input: 'image',
    student,
    trained: { params, statistics },
    validation: { inputs: [], classes: [] },
    facts,
  });
  const loaded = await loadStudent(at('image'));
  if (loaded.input !== 'image') throw new Error('not a student of images');
  expect(loaded.format).toEqual({ height: 12, width: 12, channels: 3 });
  expect(await distance(student, images, loaded)).toBeLessThan(1e-5);
  await expect(loaded.predict([new Uint8Array(5)])).rejects.toThrow(/image of another size: 5 bytes/);
  await loaded.dispose();
});

test('equal students are shipped as equal bytes, over what was there before', async () => {
  const before = readFileSync(at('text/model.onnx'));
  writeFileSync(at('text/left-over.txt'), '');
  const trained = { params: text.net.params, statistics: text.net.statistics };
  const validation = { inputs: texts, classes: [0, 1, 2, 0, 1] };
  await shipStudent({ folder: at('text'), input: 'text', student: text, trained, validation, facts });
  expect(readFileSync(at('text/model.onnx')).equals(before)).toBe(true);
  expect(() => readFileSync(at('text/left-over.txt'))).toThrow(/ENOENT/);
});

test('the model says what it is, under the names of its parameters', () => {
  const { metadata, graph } = decodeModel(readFileSync(at('text/model.onnx')));
  expect(metadata).toMatchObject({
    preset: 'text-nano',
    labels: '["yes","no","perhaps"]',
    licence: 'CC-BY-4.0',
    training_data: 'abc',
    metrics: '{"accuracy":0.9}',
  });
  expect(graph.initializers.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['buckets.weight', 'buckets.bias', 'output.weight', 'output.bias']),
  );
  expect(graph.outputs.map(({ name }) => name)).toEqual(['probabilities', 'logits']);
});

test('the card has front matter, intervals and limits; what comes from outside is no markup', () => {
  const card = readFileSync(at('text/README.md'), 'utf8');
  expect(card).toMatch(
    /^---\nlicense: "CC-BY-4.0"\n[\s\S]*?pipeline_tag: text-classification\n[\s\S]*?\n---\n/,
  );
  expect(card).toContain('| accuracy | 0.9000 | 0.8000 to 0.9500 |');
  expect(card).toContain('# tickets \\| \\<b\\>');
  expect(card).toContain('- labels with line breaks');
});

test('the version is that of the package', () => {
  const file = new URL('../../package.json', import.meta.url);
  expect(JSON.parse(readFileSync(file, 'utf8')).version).toBe(version);
});

describe('a folder that is damaged', () => {
  type Json = { [key: string]: unknown; files: Record<string, unknown>; featurizer: Record<string, unknown> };
  let count = 0;

  /** A copy of the student with a change. */
  function changed(change: (folder: string, edit: (edit: (json: Json) => void) => void) => void): string {
    const copy = at(`copy-${++count}`);
    cpSync(at('text'), copy, { recursive: true });
    change(copy, (edit) => {
      const json = JSON.parse(readFileSync(join(copy, 'student.json'), 'utf8')) as Json;
      edit(json);
      writeFileSync(join(copy, 'student.json'), JSON.stringify(json));
    });
    return copy;
  }

  test.each<[string, RegExp, Parameters<typeof changed>[0]]>([
    ['no description', /not a student/, (f) => rmSync(join(f, 'student.json'))],
    ['no JSON', /not valid JSON/, (f) => writeFileSync(join(f, 'student.json'), '{"a":')],
    ['another format', /student of format 2/, (_, edit) => edit((j) => (j.version = 2))],
    ['something else', /damaged student: .*format/, (_, edit) => edit((j) => (j.format = 'x'))],
    ['no model', /incomplete student: .*model\.onnx/, (f) => rmSync(join(f, 'model.onnx'))],
    [
      'a cut model',
      /damaged model/,
      (f) => writeFileSync(join(f, 'model.onnx'), readFileSync(join(f, 'model.onnx')).subarray(0, 999)),
    ],
    ['a path out of it', /files\.model/, (_, edit) => edit((j) => (j.files.model = '../../secret.onnx'))],
    ['a label twice', /a label is given twice/, (_, edit) => edit((j) => (j.labels = ['a', 'a']))],
    ['another input', /takes image/, (_, edit) => edit((j) => (j.input = 'image'))],
    [
      'an unknown featurizer',
      /unknown featurizer: constructor/,
      (_, edit) => edit((j) => (j.featurizer.kind = 'constructor')),
    ],
    [
      'a bad configuration',
      /damaged configuration of the featurizer: buckets/,
      (_, edit) => edit((j) => (j.featurizer.config = { buckets: -1 })),
    ],
    [
      'the model of another',
      /don't belong together: .*no input features/,
      (f) => copyFileSync(at('image/model.onnx'), join(f, 'model.onnx')),
    ],
    [
      'no probabilities',
      /gives no probabilities/,
      (f) => {
        const model = decodeModel(readFileSync(join(f, 'model.onnx')));
        const outputs = model.graph.outputs.filter(({ name }) => name !== 'probabilities');
        writeFileSync(join(f, 'model.onnx'), encodeModel({ ...model, graph: { ...model.graph, outputs } }));
      },
    ],
  ])('%s', async (_, message, change) => {
    await expect(loadStudent(changed(change))).rejects.toThrow(
      expect.objectContaining({ name: 'UserError', message: expect.stringMatching(message) }),
    );
  });

  test('other labels than the model has logits are noticed at the first answer', async () => {
    const loaded = await loadStudent(changed((_, edit) => edit((j) => (j.labels = ['a', 'b']))));
    if (loaded.input !== 'text') throw new Error('not a student of texts');
    await expect(loaded.predict(['x'])).rejects.toThrow(/gives 3 logits: there are 2 labels/);
    await loaded.dispose();
  });

  test('buckets beyond the model are an error, not a crash', async () => {
    const loaded = await loadStudent(
      changed((_, edit) => edit((j) => ((j.featurizer.config as Record<string, unknown>).buckets = 2 ** 30))),
    );
    if (loaded.input !== 'text') throw new Error('not a student of texts');
    await expect(loaded.predict(['x y z'])).rejects.toThrow(/the student's model does not run/);
    await loaded.dispose();
  });

  test('no int8 form', async () => {
    const copy = changed((_, edit) => edit((j) => delete j.files.int8));
    await expect(loadStudent(copy, { precision: 'int8' })).rejects.toThrow(/no int8 form/);
  });
});
