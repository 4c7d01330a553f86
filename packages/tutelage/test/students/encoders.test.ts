import { join } from 'node:path';
import { matmul, mse, random, type Tensor, type Tree, tensor, type Value } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { argMax } from '../../src/assessment/probabilities.js';
import { encoderLearner } from '../../src/students/encoder-learner.js';
import { encoderNamed } from '../../src/students/encoder-presets.js';
import { embedder, withUnitLength } from '../../src/students/encoder-student.js';
import { linearTextLogits } from '../../src/students/linear-text-classifier.js';
import { loadRetriever } from '../../src/students/load-retriever.js';
import { shipRetriever } from '../../src/students/ship-retriever.js';
import { wordBagEncoder } from '../../src/students/word-bag-encoder.js';
import { testFolder } from '../tasks/folder.js';

const folder = testFolder();
const texts = ['red fish', 'blue fish, red sky', 'a green tree'];
const key = random.key(2);

describe('a word-bag encoder', () => {
  test('adds up the vectors of known words by log(1 + count)', async () => {
    const encoder = wordBagEncoder(texts, { width: 4, weighting: 'log' }, key);
    const model = embedder(encoder, { threads: 1 });
    const { data } = await model.embed(encoder.params, ['red', 'fish', 'red fish fish whale']);
    for (let i = 0; i < 4; i++) {
      const expected = data[i]! + (data[4 + i]! * Math.log(3)) / Math.log(2);
      expect(data[8 + i]).toBeCloseTo(expected, 5);
    }
    await model.dispose();
  });

  test.each(['word-bag', 'small'] as const)(
    '%s comes back from its folder with the same vectors',
    async (name) => {
      const encoder = withUnitLength(await encoderNamed(name, texts, 1));
      const model = embedder(encoder, { threads: 1 });
      const own = await model.embed(encoder.params, texts);
      await model.dispose();
      const path = join(folder.path, name);
      const facts = {
        name,
        data: { name, hash: '', train: 3, validation: 1, test: 0 },
        metrics: [],
        warnings: [],
      };
      const { float32 } = await shipRetriever({
        folder: path,
        student: encoder,
        params: encoder.params,
        validation: [{ query: 'fish', documents: [texts[0]!] }],
        facts,
      });
      expect(float32.score).toBe(1);
      const loaded = await loadRetriever(path);
      const again = (await loaded.embed(texts)).flatMap((vector) => [...vector]);
      await loaded.dispose();
      expect(again).toHaveLength(own.data.length);
      again.forEach((x, j) => {
        expect(x).toBeCloseTo(own.data[j]!, 4);
      });
    },
  );
});

describe('an encoder learner', () => {
  const loss = (queries: Value, passages: Value, targets: Tree<Value>) =>
    mse(matmul(queries, passages, { transB: true }), (targets as { readonly scores: Value }).scores);
  const scores = tensor([
    [1, -1],
    [-1, 1],
  ]);
  const taught = async (isShared: boolean) => {
    const query = wordBagEncoder(texts, { width: 4, weighting: 'log' }, key);
    const passage = isShared ? query : wordBagEncoder(texts, { width: 4, weighting: 'log' }, random.key(3));
    const learner = encoderLearner({ query, passage }, { loss, learningRate: 0.05, seed: 1 });
    const losses: number[] = [];
    for (let step = 0; step < 60; step++) {
      losses.push(await learner.learn(['red', 'tree'], ['fish', 'sky'], { scores }));
    }
    const { data } = await learner.embed('query', ['red', 'sky']);
    const trained = learner.trained();
    await learner.dispose();
    return { losses, data, trained };
  };

  test.each([true, false])('learns, and equal seeds give equal bits (shared: %s)', async (isShared) => {
    const [first, second] = [await taught(isShared), await taught(isShared)];
    expect(first.losses.at(-1)).toBeLessThan(0.05);
    expect(first.losses[0]).toBeGreaterThan(0.5);
    expect(second.data).toEqual(first.data);
    expect(first.trained.query === first.trained.passage).toBe(isShared);
    const weight = (tree: Tree<Tensor>) => (tree as { readonly weight: Tensor }).weight.data;
    expect(weight(second.trained.passage)).toEqual(weight(first.trained.passage));
  });
});

test('softmax regression on words learns which word means what', async () => {
  const train = { texts: ['red fish', 'blue fish', 'red tree', 'blue tree'], classes: [0, 0, 1, 1] };
  const logits = await linearTextLogits(train, ['animal', 'plant'], ['green fish', 'tall tree'], {
    epochs: 60,
    seed: 1,
    signal: new AbortController().signal,
  });
  expect(logits.map((own) => argMax(own))).toEqual([0, 1]);
});
