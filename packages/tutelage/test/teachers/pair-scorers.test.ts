import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { add, cast, exportOnnx, mul, reshape, saveModel, sum, tensor, type Value } from '@tutelage/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainWordPiece } from '../../src/language/tokenizer/train.js';
import { trainFeatureScorer } from '../../src/teachers/feature-scorer.js';
import { httpPairScorer } from '../../src/teachers/http-pair-scorer.js';
import { onnxPairScorer } from '../../src/teachers/onnx-pair-scorer.js';
import { testFolder, userError } from '../tasks/folder.js';

const folder = testFolder();
const signal = new AbortController().signal;
const texts = {
  queries: ['red fish', 'tall tree'],
  passages: ['the red fish swims', 'a tall green tree', 'fish'],
};
const pairs = [
  [0, 0],
  [1, 1],
  [0, 2],
] as const;

describe('a cross-encoder in an ONNX file', () => {
  const tokenizer = trainWordPiece([...texts.queries, ...texts.passages], { vocabulary: 60 });
  type Inputs = Record<'input_ids' | 'attention_mask' | 'token_type_ids', Value>;

  /** Writes a model that adds up what the tokens and their types are. */
  const written = (name: string, outputs: number) => {
    const model = exportOnnx(
      (p: { readonly scale: Value }, { input_ids, attention_mask, token_type_ids }: Inputs) => {
        const ids = cast(add(input_ids, mul(token_type_ids, 1000)), 'float32');
        const scores = sum(mul(mul(ids, attention_mask), p.scale), { axes: 1 });
        return { logits: reshape(scores, outputs === 1 ? [-1, 1] : [1, -1]) };
      },
      { scale: tensor(1) },
      {
        input_ids: { dtype: 'int32', shape: ['batch', 'length'] },
        attention_mask: { dtype: 'float32', shape: ['batch', 'length'] },
        token_type_ids: { dtype: 'int32', shape: ['batch', 'length'] },
      },
    );
    const path = join(folder.path, name);
    saveModel(path, model);
    writeFileSync(join(folder.path, 'tokenizer.json'), JSON.stringify(tokenizer.files.tokenizer));
    writeFileSync(join(folder.path, 'tokenizer_config.json'), JSON.stringify(tokenizer.files.config));
    return path;
  };

  test('scores a query and a passage together', async () => {
    const scorer = await onnxPairScorer(written('model.onnx', 1), texts);
    const scores = await scorer.score(pairs, signal);
    await scorer.dispose();
    pairs.forEach(([query, passage], i) => {
      const ids = tokenizer.encode([texts.queries[query]!, texts.passages[passage]!]);
      const second = tokenizer.encode(texts.passages[passage]!).length - 1;
      expect(scores[i]).toBe(ids.reduce((a, b) => a + b, 0) + 1000 * second);
    });
  });

  test('that is a classifier or missing is refused', async () => {
    folder.write('bad.onnx', 'not a model');
    expect((await userError(onnxPairScorer(join(folder.path, 'bad.onnx'), texts))).message).toMatch(
      /can't run the teacher/,
    );
    expect((await userError(onnxPairScorer('none.onnx', texts))).message).toMatch(/can't run the teacher/);
  });
});

describe('a re-ranker behind an address', () => {
  let server: Server;
  let answer: (body: { query: string; documents: string[] }) => { status?: number; body: unknown };
  beforeAll(async () => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { status = 200, body } = answer(JSON.parse(Buffer.concat(parts).toString()));
        response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '1' });
        response.end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());
  const scored = () => {
    const { port } = server.address() as AddressInfo;
    return httpPairScorer(`http://127.0.0.1:${port}/rerank`, texts).score(pairs, signal);
  };

  test('is asked once a query, and gives scores by place', async () => {
    const asked: string[] = [];
    answer = ({ query, documents }) => {
      asked.push(query);
      return { body: { scores: documents.map((document) => query.length + document.length) } };
    };
    expect(await scored()).toEqual(Float64Array.of(26, 26, 12));
    expect(asked).toEqual(['red fish', 'tall tree']);
  });

  test('may answer in the form of Cohere, in any order', async () => {
    answer = ({ documents }) => ({
      body: { results: documents.map((d, index) => ({ index, relevance_score: d.length })).reverse() },
    });
    expect(await scored()).toEqual(Float64Array.of(18, 17, 4));
  });

  test('is asked again when it is busy', async () => {
    let calls = 0;
    answer = ({ documents }) =>
      ++calls === 1 ? { status: 503, body: {} } : { body: { scores: documents.map(() => 1) } };
    expect(await scored()).toEqual(Float64Array.of(1, 1, 1));
    expect(calls).toBe(3);
  });

  test.each([
    [{ body: { scores: [1] } }, '1 scores for 2 documents'],
    [{ body: { answer: 'yes' } }, 'not an answer of scores'],
    [{ status: 401, body: { error: 'no key' } }, 'HTTP 401'],
  ])('that answers %j is refused', async (given, problem) => {
    answer = () => given;
    const error = await userError(scored());
    expect(error.message).toContain(`the re-ranker gave no scores: ${problem}: http://`);
  });
});

test('the teacher that is trained here prefers passages with the words of the query', async () => {
  const names = ['red', 'blue', 'green', 'old', 'new', 'tall', 'small', 'dark', 'pale', 'wide'];
  const collection = {
    queries: names.map((name) => `where is the ${name} house`),
    passages: names.map((name) => `the ${name} house stands by the river`),
  };
  const examples = names.slice(0, 8).flatMap((_, i) => [
    { pair: [i, i] as const, relevant: true },
    { pair: [i, (i + 1) % 8] as const, relevant: false },
  ]);
  const scorer = trainFeatureScorer(collection, examples);
  const [right, wrong] = await scorer.score(
    [
      [9, 9],
      [9, 8],
    ],
    signal,
  );
  expect(right! - wrong!).toBeGreaterThan(1);
});
