import { readFileSync } from 'node:fs';
import { random } from '@tutelage/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Decoder, llamaDecoder } from '../../../src/language/generate/decoder.js';
import { generate } from '../../../src/language/generate/generate.js';
import { tinyConfig, tinyParams } from '../tiny-llama.js';

interface Case {
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
  readonly firstLogits: readonly number[];
}
const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL('../../fixtures/tiny-llama.json', import.meta.url), 'utf8'),
);
const prompts = cases.map(({ prompt }) => prompt);

let decoder: Decoder;
beforeAll(async () => {
  decoder = await llamaDecoder(tinyParams, tinyConfig, tinyConfig.positions, { threads: 1 });
});
afterAll(() => decoder.release());

test('logits are those of PyTorch', async () => {
  const { logits } = await decoder.step(decoder.cache(prompts.length), prompts);
  cases.forEach(({ firstLogits }, b) => {
    firstLogits.forEach((expected, i) => {
      expect(logits[b * tinyConfig.vocabulary + i]).toBeCloseTo(expected, 4);
    });
  });
});

describe('greedy', () => {
  test('tokens are those of PyTorch, with prompts of different lengths in one batch', async () => {
    const answers = await generate(decoder, prompts, { maxTokens: 16 });
    expect(answers.map(({ tokens }) => tokens)).toEqual(cases.map(({ answer }) => answer));
    expect(answers.map(({ reason }) => reason)).toEqual(['length', 'length', 'length']);
  });

  test('log-probabilities are those of the whole sequence', async () => {
    const [answer] = await generate(decoder, [prompts[1]!], { maxTokens: 4 });
    const whole = [...prompts[1]!, ...answer!.tokens];
    const { logits, normalizers } = await decoder.step(decoder.cache(1), [whole], { all: true });
    answer!.tokens.forEach((token, i) => {
      const at = prompts[1]!.length - 1 + i;
      const expected = logits[at * tinyConfig.vocabulary + token]! - normalizers[at]!;
      expect(answer!.logProbabilities[i]).toBeCloseTo(expected, 4);
    });
  });

  test('end tokens and the stop function end rows by themselves', async () => {
    const [first, second] = [cases[0]!.answer, cases[1]!.answer];
    const endToken = first[5]!;
    const answers = await generate(decoder, prompts.slice(0, 2), {
      maxTokens: 16,
      endTokens: [endToken],
      stop: (tokens, row) => row === 1 && tokens.length === 3,
    });
    expect(answers[0]!.tokens).toEqual(first.slice(0, first.indexOf(endToken) + 1));
    expect(answers[0]!.reason).toBe('end');
    expect(answers[1]!.tokens).toEqual(second.slice(0, 3));
    expect(answers[1]!.reason).toBe(second.slice(0, 3).includes(endToken) ? 'end' : 'stop');
  });

  test('a penalty keeps tokens from coming again', async () => {
    const [answer] = await generate(decoder, [[7]], { maxTokens: 16, repetitionPenalty: 1e6 });
    expect(new Set([7, ...answer!.tokens]).size).toBe(17);
  });
});

describe('sampled', () => {
  const sampling = { key: random.key(3), temperature: 1.5 };
  const draws = (r: random.Key, given = prompts) =>
    generate(decoder, given, { maxTokens: 8, sampling: { ...sampling, key: r } });

  test('the same key draws the same tokens, another key others', async () => {
    const first = await draws(random.key(3));
    expect(await draws(random.key(3))).toEqual(first);
    expect(await draws(random.key(4))).not.toEqual(first);
  });

  test('rows with the same prompt draw differently', async () => {
    const [a, b] = await draws(random.key(3), [prompts[1]!, prompts[1]!]);
    expect(a!.tokens).not.toEqual(b!.tokens);
  });

  test('first tokens have the model’s probabilities', async () => {
    const rows = 2000;
    const { probabilities } = await decoder.step(decoder.cache(1), [prompts[0]!], { temperature: 1.5 });
    const expected = probabilities.slice();
    const answers = await generate(
      decoder,
      Array.from({ length: rows }, () => prompts[0]!),
      { maxTokens: 1, sampling },
    );
    const counts = new Array<number>(tinyConfig.vocabulary).fill(0);
    for (const { tokens } of answers) counts[tokens[0]!]! += 1;
    counts.forEach((count, token) => {
      const p = expected[token]!;
      // Five standard deviations of a binomial count.
      expect(Math.abs(count - rows * p)).toBeLessThan(5 * Math.sqrt(rows * p * (1 - p)) + 1);
    });
  });

  test('top-k of one is greedy, whatever the temperature', async () => {
    const answers = await generate(decoder, prompts, { maxTokens: 16, sampling: { ...sampling, topK: 1 } });
    expect(answers.map(({ tokens }) => tokens)).toEqual(cases.map(({ answer }) => answer));
  });
});

describe('many rows, whose tokens are drawn in the runtime', () => {
  const many = [0, 1, 2, 0, 1, 2, 0, 1, 2, 1].map((i) => prompts[i]!);

  test('greedy tokens are those of PyTorch', async () => {
    const answers = await generate(decoder, many, { maxTokens: 16 });
    expect(answers.slice(0, 3).map(({ tokens }) => tokens)).toEqual(cases.map(({ answer }) => answer));
    expect(answers[9]!.tokens).toEqual(answers[1]!.tokens);
  });

  test.each([1, 0.7, 1.5])(
    'what is drawn at temperature %d is what is drawn from the predictions',
    async (temperature) => {
      const sampling = { key: random.key(5), temperature };
      const drawn = await generate(decoder, many, { maxTokens: 12, sampling });
      // A filter that lets all pass keeps the draws out of the runtime.
      const chosen = await generate(decoder, many, { maxTokens: 12, sampling: { ...sampling, minP: 1e-30 } });
      expect(drawn.map(({ tokens }) => tokens)).toEqual(chosen.map(({ tokens }) => tokens));
      drawn.forEach(({ logProbabilities }, r) => {
        logProbabilities.forEach((x, i) => {
          expect(x).toBeCloseTo(chosen[r]!.logProbabilities[i]!, 4);
        });
      });
    },
  );

  test('end tokens and the stop function end rows by themselves', async () => {
    const [first, second] = [cases[0]!.answer, cases[1]!.answer];
    const answers = await generate(decoder, many, {
      maxTokens: 16,
      endTokens: [first[5]!],
      stop: (tokens, row) => row === 1 && tokens.length === 3,
    });
    expect(answers[0]!.tokens).toEqual(first.slice(0, first.indexOf(first[5]!) + 1));
    expect(answers[1]!.tokens).toEqual(second.slice(0, 3));
    expect(answers[2]!.reason).toBe('length');
  });
});

test('an aborted signal ends it with its reason', async () => {
  const controller = new AbortController();
  let heard = 0;
  const running = generate(decoder, [prompts[1]!], {
    maxTokens: 30,
    signal: controller.signal,
    onToken: () => {
      heard += 1;
      if (heard === 3) controller.abort(new Error('enough'));
    },
  });
  await expect(running).rejects.toThrow('enough');
  expect(heard).toBe(3);
});

test.each([
  ['an empty prompt', [[]], 'empty prompt'],
  ['a token that does not exist', [[96]], 'no such token: 96'],
  ['a prompt that is too long', [Array.from({ length: 65 }, () => 1)], 'too long for the model: 65 tokens'],
])('%s is refused', async (_, given, message) => {
  await expect(generate(decoder, given, { maxTokens: 1 })).rejects.toThrow(message);
});

test('no prompts give no answers', async () => {
  expect(await generate(decoder, [], { maxTokens: 4 })).toEqual([]);
});
