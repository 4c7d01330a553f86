import { random } from '@tutelage/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { automatonOf } from '../../../src/language/constrain/automaton.js';
import { type Constraint, fittingSchema, matching } from '../../../src/language/constrain/constraint.js';
import { schemaExpression } from '../../../src/language/constrain/json-schema.js';
import { type Decoder, llamaDecoder } from '../../../src/language/generate/decoder.js';
import { generate } from '../../../src/language/generate/generate.js';
import { trainByteBpe } from '../../../src/language/tokenizer/train.js';
import { tinyCausalModel } from '../../tiny-causal-model.js';

const texts = [
  '{"name":"Anna","age":12,"tags":["kind","tall"]}',
  'true false null 0.5 and other words, like yes or no',
];
const tokenizer = trainByteBpe(Array.from({ length: 20 }, () => texts).flat(), { vocabulary: 330 });
const end = tokenizer.special.end!;

let decoder: Decoder;
beforeAll(async () => {
  const { params, config } = tinyCausalModel(tokenizer, 1);
  decoder = await llamaDecoder(params, config, 256, { threads: 1 });
});
afterAll(() => decoder.release());

/** Answers of an untrained model: whatever the constraint lets it say. */
async function answers(constraint: Constraint, count: number, maxTokens = 200) {
  const sampling = { key: random.key(3), temperature: 1 };
  const prompts = Array.from({ length: count }, () => tokenizer.encodePlain('Say: '));
  const found = await generate(decoder, prompts, { maxTokens, sampling, endTokens: [end], constraint });
  return found.map(({ tokens, reason }) => ({
    text: tokenizer.decode(tokens.filter((token) => token !== end)),
    reason,
  }));
}

describe('a regular expression', () => {
  test('is matched by every answer that ends', async () => {
    const expression = /(?:yes|no), [a-c]{2,4}(?: again)*/;
    for (const { text, reason } of await answers(matching(tokenizer, expression), 16)) {
      if (reason !== 'length') expect(text).toMatch(new RegExp(`^(?:${expression.source})$`));
    }
  });

  test('ends an answer where nothing can follow', async () => {
    const found = await answers(matching(tokenizer, /yes|no/), 8);
    expect(new Set(found.map(({ reason }) => reason))).toEqual(new Set(['stop']));
    for (const { text } of found) expect(['yes', 'no']).toContain(text);
  });

  test('holds greedy answers too, and under a repetition penalty', async () => {
    const constraint = matching(tokenizer, /[ab]{6}/);
    const prompts = [tokenizer.encodePlain('aaa')];
    for (const repetitionPenalty of [1, 5]) {
      const [answer] = await generate(decoder, prompts, {
        maxTokens: 20,
        endTokens: [end],
        constraint,
        repetitionPenalty,
      });
      expect(tokenizer.decode(answer!.tokens)).toMatch(/^[ab]{6}$/);
    }
  });

  test('leaves the log-probabilities as the model has them', async () => {
    const [free] = await generate(decoder, [tokenizer.encodePlain('a')], { maxTokens: 1 });
    const token = free!.tokens[0]!;
    const own = tokenizer.decode([token]).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    const constraint = matching(tokenizer, new RegExp(`${own}|zz`));
    const [held] = await generate(decoder, [tokenizer.encodePlain('a')], { maxTokens: 1, constraint });
    expect(held!.tokens[0]).toBe(token);
    expect(held!.logProbabilities[0]).toBeCloseTo(free!.logProbabilities[0]!, 6);
  });

  test.each([
    [/^a/, 'Assertions are not supported'],
    [/(a*)\1/, 'Backreferences are not supported'],
    [/[^\s\S]/, 'no answer matches'],
    [/(?:(?:a|b){0,40}c){0,40}(?:[ab]*a[ab]{14})/, 'not a regular expression to constrain'],
  ])('%s is refused', (expression, problem) => {
    let told = '';
    try {
      automatonOf(expression);
    } catch (error) {
      told = `${(error as Error).message} ${(error as { detail?: string }).detail}`;
    }
    expect(told).toContain(problem);
  });

  test('that the tokens can not spell is told', () => {
    expect(() => matching(tokenizer, /漢/u)).toThrow('no token of the vocabulary goes on');
  });
});

describe('a JSON schema', () => {
  const person = z.object({
    name: z.string().max(8),
    age: z.int().min(0).max(120),
    kind: z.enum(['a.b', 'c"d']),
    tags: z.array(z.boolean()).min(1).max(3),
    note: z.string().max(5).nullable(),
    more: z.object({ share: z.number() }).optional(),
  });

  test('is fitted by every answer that ends', async () => {
    const constraint = fittingSchema(tokenizer, z.toJSONSchema(person));
    const found = await answers(constraint, 16);
    const ended = found.filter(({ reason }) => reason === 'stop');
    expect(ended.length).toBeGreaterThan(8);
    for (const { text } of ended) expect(person.safeParse(JSON.parse(text)).success, text).toBe(true);
  });

  const matches = (schema: object, text: string) =>
    new RegExp(`^${schemaExpression(schema).source}$`, 'u').test(text);

  test('optional properties may be left out, alone or all', () => {
    const schema = z.toJSONSchema(z.object({ a: z.null().optional(), b: z.null(), c: z.null().optional() }));
    for (const text of [
      '{"b":null}',
      '{"a":null,"b":null}',
      '{"b":null,"c":null}',
      '{"a":null,"b":null,"c":null}',
    ]) {
      expect(matches(schema, text), text).toBe(true);
    }
    for (const text of ['{}', '{"a":null}', '{,"b":null}', '{"b":null,}', '{"c":null,"b":null}']) {
      expect(matches(schema, text), text).toBe(false);
    }
    const all = z.toJSONSchema(z.object({ a: z.null().optional(), b: z.null().optional() }));
    for (const text of ['{}', '{"a":null}', '{"b":null}', '{"a":null,"b":null}'])
      expect(matches(all, text)).toBe(true);
  });

  test.each([
    [
      { type: 'array', items: { type: 'integer' }, minItems: 2 },
      ['[1,2]', '[0,-3,4]'],
      ['[1]', '[]', '[1,]', '[01,2]'],
    ],
    [{ type: ['string', 'null'] }, ['"a\\n"', 'null', '""'], ['a', '"\n"']],
    [{ type: 'number' }, ['1', '-0.5', '1e9'], ['.5', '1.', '+1']],
    [{ anyOf: [{ const: 1 }, { type: 'boolean' }] }, ['1', 'true'], ['2', 'yes']],
    [{ $ref: '#/$defs/x', $defs: { x: { enum: ['*'] } } }, ['"*"'], ['""']],
    [{ type: 'string', pattern: '^[a-z]+$' }, ['"abc"'], ['"A"', '""']],
  ])('%j', (schema, fitting, others) => {
    for (const text of fitting) expect(matches(schema, text), text).toBe(true);
    for (const text of others) expect(matches(schema, text), text).toBe(false);
  });

  test.each([
    [{ $ref: '#' }, 'a definition that contains itself'],
    [{ $ref: '#/$defs/y' }, 'no such definition: #/$defs/y'],
    [{ type: 'array' }, 'an array without items'],
    [{ type: 'object', properties: { a: { type: 'integer', minimum: 0, maximum: 5000 } } }, '#/properties/a'],
    [{ type: 'object', patternProperties: {} }, 'patternProperties'],
    [{}, 'type undefined'],
  ])('%j is refused', (schema, problem) => {
    expect(() => schemaExpression(schema)).toThrow(problem);
  });
});
