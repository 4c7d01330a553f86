import { copyFileSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { continuations } from '../../src/students/continuations.js';
import { codeLengths, languageModel } from '../../src/students/language-model.js';
import { loadAnyStudent } from '../../src/students/load-any-student.js';
import { loadLanguageModel } from '../../src/students/load-language-model.js';
import { loadRetriever } from '../../src/students/load-retriever.js';
import { loadStudent } from '../../src/students/load-student.js';
import { retrieverWith } from '../../src/students/retriever.js';
import { temporaryFolder } from './helpers.js';
import { shippedLanguageModel, shippedRetriever, texts } from './shipped.js';

const root = temporaryFolder();
const at = (name: string): string => join(root, name);
let retriever: Awaited<ReturnType<typeof shippedRetriever>>;
let model: Awaited<ReturnType<typeof shippedLanguageModel>>;

beforeAll(async () => {
  retriever = await shippedRetriever(at('retriever'));
  model = await shippedLanguageModel(at('lm'));
});

test('a retriever leaves with all that belongs to it, and embeds as it did', async () => {
  expect(readdirSync(at('retriever')).sort()).toEqual([
    'README.md',
    'example.html',
    'example.mjs',
    'model.int8.onnx',
    'model.onnx',
    'student.json',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  const many = Array.from({ length: 150 }, (_, i) => `${texts[i % 3]} ${i}`);
  const own = retrieverWith(retriever.student, retriever.student.params);
  const expected = await own.embed(many);
  await own.dispose();
  const loaded = await loadRetriever(at('retriever'));
  const found = await loaded.embed(many);
  await loaded.dispose();
  expect(found).toHaveLength(150);
  found.forEach((vector, i) => {
    vector.forEach((x, j) => {
      expect(Math.abs(x - expected[i]![j]!)).toBeLessThan(1e-4);
    });
  });
  const { measure, float32, int8 } = retriever.shipped;
  expect(measure).toBe('reciprocal rank');
  expect(int8.bytes).toBeLessThan(float32.bytes / 2);
  expect(float32.score).toBeGreaterThan(0);
  const card = readFileSync(at('retriever/README.md'), 'utf8');
  expect(card).toContain('pipeline_tag: sentence-similarity');
  expect(card).toContain('# example \\| \\<b\\>');
  expect(card).toContain(
    '| nDCG@10 | 0.5000 | 0.4000 to 0.6000 |\n| nDCG@10 of BM25 | 0.7000 | 0.6000 to 0.8000 |',
  );
  // What others reach is no result of the student's.
  expect(card.split('---')[1]).not.toContain('BM25');
});

describe('a language model', () => {
  test('leaves with all that belongs to it, and goes on as it did, also beyond its window', async () => {
    expect(readdirSync(at('lm')).sort()).toEqual([
      'README.md',
      'example.mjs',
      'model.int8.onnx',
      'model.onnx',
      'student.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const own = languageModel(model.student, model.student.params);
    const loaded = await loadLanguageModel(at('lm'));
    const options = { maxTokens: 40, temperature: 0.9, seed: 5 };
    const [expected, found] = [
      await continuations(own, ['', 'where is', texts[1]!], options),
      await continuations(loaded, ['', 'where is', texts[1]!], options),
    ];
    expect(found).toEqual(expected);
    expect(found.every(({ tokens, reason }) => tokens === 40 || reason === 'stop')).toBe(true);
    expect(await continuations(loaded, ['where is'], { ...options, seed: 6 })).not.toEqual([found[1]]);
    await own.dispose();
    await loaded.dispose();
    expect(readFileSync(at('lm/README.md'), 'utf8')).toContain('pipeline_tag: text-generation');
  });

  test('codes every byte of a text once', async () => {
    const loaded = await loadLanguageModel(at('lm'), { precision: 'int8' });
    const long = texts.join('\n').repeat(5);
    const stretches = await codeLengths(loaded, [long, 'naïve 🙂']);
    await loaded.dispose();
    const total = (of: 'bytes' | 'tokens' | 'bits') => stretches.reduce((sum, s) => sum + s[of], 0);
    expect(total('bytes')).toBe(Buffer.byteLength(`${long}naïve 🙂`));
    expect(stretches.map(({ text }) => text).join('')).toContain(long);
    // It has learned nothing: each token is about as likely as any other.
    expect(total('bits') / total('tokens')).toBeCloseTo(Math.log2(loaded.vocabulary), 0);
    expect(model.shipped.float32.score).toBeGreaterThan(1);
    expect(await codeLengths(loaded, [])).toEqual([]);
  });

  test('codes by the tokens before, as a whole forward pass has it', async () => {
    const own = languageModel(model.student, model.student.params);
    const { tokenizer } = own;
    const content = [...tokenizer.encodePlain('where is my card'), tokenizer.special.end!];
    const given = Int32Array.of(tokenizer.special.end!, ...content.slice(0, -1));
    expect(given.length).toBeLessThan(own.block + 1);
    const { tensor } = await import('@tutelage/engine');
    const logits = await own.logits(tensor(given, [1, given.length]));
    const bits = content.map((token, i) => {
      const row = logits.subarray(i * own.vocabulary, (i + 1) * own.vocabulary);
      return Math.log2(row.reduce((sum, x) => sum + Math.exp(x - row[token]!), 0));
    });
    const stretches = await codeLengths(own, ['where is my card']);
    await own.dispose();
    expect(stretches.reduce((sum, s) => sum + s.bits, 0)).toBeCloseTo(
      bits.reduce((a, b) => a + b, 0),
      3,
    );
  });

  test('stops before a stop text', async () => {
    const loaded = await loadLanguageModel(at('lm'));
    const options = { maxTokens: 30, temperature: 0, seed: 0 };
    const [free] = await continuations(loaded, ['where'], options);
    const stop = free!.text.slice(3, 5);
    const [stopped] = await continuations(loaded, ['where'], { ...options, stop: [stop] });
    await loaded.dispose();
    expect(stopped).toMatchObject({ reason: 'stop', text: free!.text.slice(0, free!.text.indexOf(stop)) });
  });
});

test('any student is loaded as what it is, and as nothing else', async () => {
  for (const [name, kind] of [
    ['retriever', 'retriever'],
    ['lm', 'language-model'],
  ] as const) {
    const loaded = await loadAnyStudent(at(name));
    expect(loaded.kind).toBe(kind);
    await loaded.dispose();
  }
  await expect(loadStudent(at('lm'))).rejects.toThrow(/a language model, not a classifier/);
  await expect(loadRetriever(at('lm'))).rejects.toThrow(/a language model, not a retriever/);
  await expect(loadLanguageModel(at('retriever'))).rejects.toThrow(/a retriever, not a language model/);
});

describe('a damaged folder is told, not crashed on', () => {
  type Json = { [key: string]: unknown; files: Record<string, unknown> };
  let count = 0;
  function changed(
    name: string,
    change: (folder: string, edit: (edit: (json: Json) => void) => void) => void,
  ) {
    const copy = at(`copy-${++count}`);
    cpSync(at(name), copy, { recursive: true });
    change(copy, (edit) => {
      const json = JSON.parse(readFileSync(join(copy, 'student.json'), 'utf8')) as Json;
      edit(json);
      writeFileSync(join(copy, 'student.json'), JSON.stringify(json));
    });
    return copy;
  }

  test.each<[string, RegExp, string, Parameters<typeof changed>[1]]>([
    ['an unknown kind', /damaged student: .*kind/, 'lm', (_, edit) => edit((j) => (j.kind = 'x'))],
    ['no tokenizer', /damaged tokenizer/, 'lm', (f) => writeFileSync(join(f, 'tokenizer.json'), '[')],
    ['fewer tokens', /its tokenizer has \d+ tokens/, 'lm', (_, edit) => edit((j) => (j.vocabulary = 3))],
    [
      'another model',
      /don't belong together/,
      'lm',
      (f) => copyFileSync(at('retriever/model.onnx'), join(f, 'model.onnx')),
    ],
    [
      'a model of logits',
      /don't belong together/,
      'retriever',
      (f) => copyFileSync(at('lm/model.onnx'), join(f, 'model.onnx')),
    ],
  ])('%s', async (_, message, name, change) => {
    await expect(loadAnyStudent(changed(name, change))).rejects.toThrow(
      expect.objectContaining({ name: 'UserError', message: expect.stringMatching(message) }),
    );
  });

  test('sizes that the model does not have are noticed at the first answer', async () => {
    const wide = await loadRetriever(changed('retriever', (_, edit) => edit((j) => (j.width = 999))));
    await expect(wide.embed(['x'])).rejects.toThrow(/gives 128 numbers a text: 999/);
    await wide.dispose();
    const long = await loadLanguageModel(changed('lm', (_, edit) => edit((j) => (j.block = 999))));
    await expect(codeLengths(long, [texts.join(' ')])).rejects.toThrow(/the student's model does not run/);
    await long.dispose();
    const many = await loadLanguageModel(changed('lm', (_, edit) => edit((j) => (j.vocabulary = 9999))));
    await expect(codeLengths(many, ['x'])).rejects.toThrow(/logits: there are 9999 tokens/);
    await many.dispose();
  });
});
