import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type InferenceSession,
  jit,
  openSession,
  random,
  type Tensor,
  tensor,
  toNumbers,
  type Value,
} from '@tutelage/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CausalModel, openCausalModel, saveCausalModel } from '../../src/language/causal-model.js';
import { exportCausalModel } from '../../src/language/export-onnx.js';
import { trainByteBpe } from '../../src/language/tokenizer/train.js';
import { headWidthOf, initLlama, type Llama, llama } from '../../src/models/llama.js';
import { qwen3Config, tinyConfig, tinyParams, tinyQwen3 } from './tiny-llama.js';

const folder = mkdtempSync(join(tmpdir(), 'tutelage-onnx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tokenizer = trainByteBpe(['one two three'], { vocabulary: 260 });
const tied: CausalModel = { config: tinyConfig, params: tinyParams, tokenizer };
const untied: CausalModel = {
  config: tinyConfig,
  params: { ...tinyParams, lm_head: initLlama(random.key(7), tinyConfig).model.embed_tokens },
  tokenizer,
};
const qwen3: CausalModel = { config: qwen3Config, params: tinyQwen3, tokenizer };
const { keyValueHeads, layers, vocabulary } = tinyConfig;

const texts = [
  [5, 9, 70, 11, 3, 42, 8, 90, 17],
  [33, 2, 64, 7, 21],
];

type Cache = Readonly<Record<string, Tensor>>;
const emptyCache = (rows: number, { config }: CausalModel): Cache =>
  Object.fromEntries(
    Array.from({ length: layers }, (_, i) => ['key', 'value'].map((part) => `past_key_values.${i}.${part}`))
      .flat()
      .map((name) => [name, tensor(new Float32Array(0), [rows, keyValueHeads, 0, headWidthOf(config)])]),
  );
const ids = (rows: readonly (readonly number[])[]) =>
  tensor(BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);

/** One run as transformers.js makes it: positions counted from the mask, and those of padding 1. */
async function run(
  session: InferenceSession,
  tokens: readonly (readonly number[])[],
  mask: readonly (readonly number[])[],
  cache: Cache,
) {
  const positions = mask.map((row) => {
    let seen = 0;
    const all = row.map((m) => (m === 0 ? 1 : seen++));
    return all.slice(-tokens[0]!.length);
  });
  const { logits, ...present } = await session.run({
    input_ids: ids(tokens),
    attention_mask: ids(mask),
    position_ids: ids(positions),
    ...cache,
  });
  const next = Object.entries(present).map(([name, t]) => [name.replace('present', 'past_key_values'), t]);
  return { logits: logits!, cache: Object.fromEntries(next) as Cache };
}

async function expected(model: CausalModel, tokens: readonly number[]): Promise<number[][]> {
  const whole = jit((p: Llama<Value>, t: Value) => llama(p, model.config, t), { threads: 1 });
  const logits = toNumbers(await whole(model.params, tensor(Int32Array.from(tokens), [1, tokens.length])));
  await whole.dispose();
  return tokens.map((_, i) => logits.slice(i * vocabulary, (i + 1) * vocabulary));
}

const rowOf = (logits: Tensor, row: number, position: number): number[] => {
  const at = (row * logits.shape[1]! + position) * vocabulary;
  return toNumbers(logits).slice(at, at + vocabulary);
};
const distance = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

describe.each([
  ['tied', tied],
  ['with a head of its own', untied],
  ['with norms in its attention, and heads of another width', qwen3],
] as const)('a model %s', (name, model) => {
  const path = join(folder, name);
  const sessions: InferenceSession[] = [];
  const open = async (file: string) => {
    const session = await openSession(join(path, 'onnx', file), { threads: 1 });
    sessions.push(session);
    return session;
  };
  beforeAll(() => exportCausalModel(model, path));
  afterAll(async () => {
    for (const session of sessions) await session.dispose();
  });

  test('gives the logits of the whole text, from a prefill and step by step', async () => {
    const session = await open('model.onnx');
    const [text] = texts as [number[], number[]];
    const whole = await expected(model, text);
    const prefill = await run(session, [text.slice(0, 4)], [[1, 1, 1, 1]], emptyCache(1, model));
    for (let i = 0; i < 4; i++) expect(distance(rowOf(prefill.logits, 0, i), whole[i]!)).toBeLessThan(1e-4);
    let { cache } = prefill;
    for (let i = 4; i < text.length; i++) {
      const step = await run(session, [[text[i]!]], [Array.from({ length: i + 1 }, () => 1)], cache);
      expect(distance(rowOf(step.logits, 0, 0), whole[i]!)).toBeLessThan(1e-4);
      cache = step.cache;
    }
  });

  test('gives the same to rows that are padded on the left', async () => {
    const session = await open('model.onnx');
    const whole = await Promise.all(texts.map((text) => expected(model, text)));
    const starts = texts.map((text) => text.slice(0, -2));
    const longest = Math.max(...starts.map((text) => text.length));
    const padded = (fill: number, rows: readonly (readonly number[])[]) =>
      rows.map((row) => [...Array.from({ length: longest - row.length }, () => fill), ...row]);
    const mask = padded(
      0,
      starts.map((row) => row.map(() => 1)),
    );
    let { logits, cache } = await run(session, padded(0, starts), mask, emptyCache(2, model));
    for (const ahead of [2, 1]) {
      texts.forEach((text, row) => {
        const last = rowOf(logits, row, logits.shape[1]! - 1);
        expect(distance(last, whole[row]![text.length - ahead - 1]!)).toBeLessThan(1e-4);
      });
      for (const row of mask) row.push(1);
      const next = texts.map((text) => [text.at(-ahead)!]);
      ({ logits, cache } = await run(session, next, mask, cache));
    }
  });

  test('has an int8 form that is close', async () => {
    const session = await open('model_quantized.onnx');
    const [text] = texts as [number[], number[]];
    const whole = await expected(model, text);
    const { logits } = await run(session, [text], [text.map(() => 1)], emptyCache(1, model));
    const last = rowOf(logits, 0, text.length - 1);
    expect(distance(last, whole.at(-1)!)).toBeGreaterThan(0);
    expect(distance(last, whole.at(-1)!)).toBeLessThan(0.1 * Math.max(...whole.at(-1)!.map(Math.abs)));
  });
});

test('has the names and axes that transformers.js asks for', async () => {
  const session = await openSession(join(folder, 'tied', 'onnx', 'model.onnx'));
  expect(session.inputs.slice(0, 4).map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
    ['input_ids', 'int64', ['batch_size', 'sequence_length']],
    ['attention_mask', 'int64', ['batch_size', 'past_sequence_length + sequence_length']],
    ['position_ids', 'int64', ['batch_size', 'sequence_length']],
    ['past_key_values.0.key', 'float32', ['batch_size', 2, 'past_sequence_length', 16]],
  ]);
  expect(session.outputs.map(({ name }) => name)).toEqual([
    'logits',
    'present.0.key',
    'present.0.value',
    'present.1.key',
    'present.1.value',
  ]);
  await session.dispose();
});

test('says of its tokens and of data files what a loader must know', async () => {
  const path = join(folder, 'external');
  await exportCausalModel(tied, path, 10_000);
  const read = (name: string) => JSON.parse(readFileSync(join(path, name), 'utf8'));
  const end = tokenizer.special.end;
  expect(read('generation_config.json')).toEqual({ eos_token_id: end, pad_token_id: end });
  expect(read('config.json')).toMatchObject({
    model_type: 'llama',
    num_key_value_heads: 2,
    eos_token_id: end,
    'transformers.js_config': {
      use_external_data_format: { 'model.onnx': 1, 'model_quantized.onnx': 1 },
    },
  });
  const session = await openSession(join(path, 'onnx', 'model.onnx'), { threads: 1 });
  const { logits } = await run(session, [texts[0]!], [texts[0]!.map(() => 1)], emptyCache(1, tied));
  expect(distance(rowOf(logits, 0, 8), (await expected(tied, texts[0]!))[8]!)).toBeLessThan(1e-4);
  await session.dispose();
});

test('lies beside the safetensors form in one folder', async () => {
  const path = join(folder, 'both');
  await exportCausalModel(tied, path);
  await saveCausalModel(tied, path);
  expect((await openCausalModel(path)).config).toEqual(tinyConfig);
  await openSession(join(path, 'onnx', 'model.onnx')).then((session) => session.dispose());
});
