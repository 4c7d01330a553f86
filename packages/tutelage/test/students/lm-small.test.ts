import { encodeModel, jit, loadSession, random, type Tensor, tensor, type Value } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { gptDecoder } from '../../src/language/generate/decoder.js';
import { generate } from '../../src/language/generate/generate.js';
import { type Gpt, gpt } from '../../src/models/gpt.js';
import { exportLanguageModel, teachLanguageModel } from '../../src/students/language-student.js';
import { lmSmall } from '../../src/students/lm-small.js';
import { newRun, silent, temporaryFolder } from './helpers.js';

const root = temporaryFolder();
const sentence = 'the small cat sat on the warm mat and looked at the big red bird. ';
const made = lmSmall.create([sentence], random.key(1));
const student = {
  ...made,
  config: { ...made.config, block: 16, dropout: 0 },
  plan: { ...made.plan, epochs: 12, batchSize: 8 },
};
const { tokenizer, config } = student;

test('learns a text by heart, goes on with it, and is the same as ONNX', async () => {
  const { params, outcome } = await teachLanguageModel({
    student,
    lessons: [sentence.repeat(40)],
    validation: [sentence.repeat(4)],
    seed: 2,
    run: newRun(root),
    progress: silent(),
    checkpointEvery: { seconds: 1000 },
    threads: 1,
  });
  expect(outcome).toBe('finished');

  const decoder = await gptDecoder(params, config, { threads: 1 });
  const prompt = tokenizer.encodePlain('the small cat sat');
  const [answer] = await generate(decoder, [prompt], { maxTokens: 6 });
  await decoder.release();
  expect(answer!.tokens).toHaveLength(6);
  expect(sentence.startsWith(`the small cat sat${tokenizer.decode(answer!.tokens)}`)).toBe(true);

  const session = await loadSession(encodeModel(exportLanguageModel(student, params)));
  const forward = jit((p: Gpt<Value>, x: Value) => gpt(p, config, x));
  for (const length of [1, 5, 16]) {
    const tokens = tensor(
      Int32Array.from({ length: 2 * length }, (_, i) => (7 * i) % config.vocabulary),
      [2, length],
    );
    const shipped = (await session.run({ tokens })).logits as Tensor;
    const own = await forward(params, tokens);
    expect(shipped.shape).toEqual([2, length, config.vocabulary]);
    own.data.forEach((x, i) => {
      expect(Math.abs(Number(x) - Number(shipped.data[i]))).toBeLessThan(1e-3);
    });
  }
  await session.dispose();
  await forward.dispose();
});

test('asks for more text where there is too little', async () => {
  const run = newRun(root);
  const options = {
    student,
    validation: [],
    seed: 1,
    run,
    progress: silent(),
    checkpointEvery: { steps: 9 },
  };
  await expect(teachLanguageModel({ ...options, lessons: ['cat'] })).rejects.toThrow(
    'too little text for a language model',
  );
});
