import { leavesOf, random, type Tensor, type Tree } from '@tutelage/engine';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { UserError } from '../../../src/core/errors.js';
import { llamaDecoder } from '../../../src/language/generate/decoder.js';
import { generate } from '../../../src/language/generate/generate.js';
import { remoteDrawer } from '../../../src/language/generate/remote-drawer.js';
import { gptRollouts, llamaRollouts } from '../../../src/language/generate/rollouts.js';
import { initGpt } from '../../../src/models/gpt.js';
import { initLlama } from '../../../src/models/llama.js';
import { tinyConfig, tinyParams } from '../tiny-llama.js';

const prompts = Array.from({ length: 70 }, (_, row) =>
  Array.from({ length: 1 + (row % 5) }, (_, i) => (7 * row + i) % tinyConfig.vocabulary),
);
const drawing = { maxTokens: 6, sampling: { key: random.key(3) }, endTokens: [5] };

describe('one thread', () => {
  const rollouts = llamaRollouts(tinyConfig, tinyConfig.positions, { threads: 1 });
  beforeAll(() => rollouts.load(tinyParams));
  afterAll(() => rollouts.release());

  test('what is drawn in shares is what one batch draws', async () => {
    const decoder = await llamaDecoder(tinyParams, tinyConfig, tinyConfig.positions, { threads: 1 });
    const whole = await generate(decoder, prompts, drawing);
    await decoder.release();
    const shared = await rollouts.draw(prompts, drawing);
    expect(shared.map(({ tokens }) => tokens)).toEqual(whole.map(({ tokens }) => tokens));
    expect(shared.map(({ reason }) => reason)).toEqual(whole.map(({ reason }) => reason));
  });

  test('memory that was used before leaves no trace', async () => {
    const fresh = llamaRollouts(tinyConfig, tinyConfig.positions, { threads: 1 });
    fresh.load(tinyParams);
    const expected = await fresh.draw(prompts, drawing);
    await fresh.release();
    await rollouts.draw(prompts, { ...drawing, endTokens: [], maxTokens: 40 });
    expect(await rollouts.draw(prompts, drawing)).toEqual(expected);
  });

  test('weights that have changed are taken when they are loaded again', async () => {
    const params = initLlama(random.key(1), tinyConfig);
    rollouts.load(params);
    const before = await rollouts.draw(prompts, drawing);
    for (const { leaf } of leavesOf<Tensor>(params as unknown as Tree<Tensor>)) {
      (leaf.data as Float32Array).reverse();
    }
    rollouts.load(params);
    expect(await rollouts.draw(prompts, drawing)).not.toEqual(before);
    rollouts.load(tinyParams);
  });

  test('no prompts, no answers', async () => {
    expect(await rollouts.draw([], drawing)).toEqual([]);
  });
});

describe('several threads', () => {
  const rollouts = llamaRollouts(tinyConfig, tinyConfig.positions, { threads: 2 });
  afterAll(() => rollouts.release());
  const alone = async (params: typeof tinyParams) => {
    const one = llamaRollouts(tinyConfig, tinyConfig.positions, { threads: 1 });
    one.load(params);
    const answers = await one.draw(prompts, drawing);
    await one.release();
    return answers;
  };

  test('processes draw the same bits, also with other weights', async () => {
    rollouts.load(tinyParams);
    expect(await rollouts.draw(prompts, drawing)).toEqual(await alone(tinyParams));
    const others = initLlama(random.key(9), tinyConfig);
    rollouts.load(others);
    const drawn = await rollouts.draw(prompts, drawing);
    expect(drawn).toEqual(await alone(others));
    expect(drawn).not.toEqual(await alone(tinyParams));
    rollouts.load(tinyParams);
  });

  test('a fault of the user is told as one, and the next draw works', async () => {
    const wrong = rollouts.draw([...prompts, [1000]], drawing);
    await expect(wrong).rejects.toThrow(UserError);
    await expect(wrong).rejects.toThrow('no such token: 1000');
    expect(await rollouts.draw(prompts, drawing)).toEqual(await alone(tinyParams));
  });

  test('an abort ends it, and the next draw works', async () => {
    const control = new AbortController();
    const endless = rollouts.draw(prompts, {
      ...drawing,
      endTokens: [],
      maxTokens: 59,
      signal: control.signal,
    });
    control.abort(new Error('enough'));
    await expect(endless).rejects.toThrow('enough');
    expect(await rollouts.draw(prompts, drawing)).toEqual(await alone(tinyParams));
  });

  test('GPT models are drawn from as well', async () => {
    const config = { vocabulary: 32, block: 32, width: 16, layers: 1, heads: 2 };
    const params = initGpt(random.key(2), config);
    const asked = prompts.map((prompt) => prompt.map((token) => token % 32));
    const drawn = async (threads: number) => {
      const gpt = gptRollouts(config, { threads });
      gpt.load(params);
      const answers = await gpt.draw(asked, drawing);
      await gpt.release();
      return answers;
    };
    expect(await drawn(2)).toEqual(await drawn(1));
  });
});

test('a process that ends before its time is told of', async () => {
  const model = { kind: 'llama', config: tinyConfig, positions: tinyConfig.positions } as const;
  vi.stubEnv('NODE_OPTIONS', '--require=./no-such-file.cjs');
  const drawn = remoteDrawer(model).draw(
    { params: tinyParams as unknown as Tree<Tensor> },
    { prompts, first: 0 },
    drawing,
  );
  await expect(drawn).rejects.toThrow('a process that draws answers ended with code 1');
  vi.unstubAllEnvs();
});
