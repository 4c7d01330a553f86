import { expect, test } from 'vitest';
import { z } from 'zod';
import { fieldsOf, mistakeIn, settingsOf } from '../../web/src/form.js';

const schema = z.object({
  data: z.string().describe('a file'),
  fitEvery: z.int().min(2).default(250).describe('episodes between two fits'),
  factor: z.number().gt(0).lt(1).default(0.5),
  order: z.enum(['easy', 'hard']).default('easy'),
  signed: z.boolean().default(false),
  name: z.string().optional(),
  many: z.array(z.string()).optional(),
});
const fields = fieldsOf(z.toJSONSchema(schema, { io: 'input' }));
const field = (name: string) => fields.find((one) => one.name === name)!;

test('a field for every property of a simple type, in order', () => {
  expect(fields.map(({ name, kind, initial, required }) => [name, kind, initial, required])).toEqual([
    ['data', 'text', '', true],
    ['fitEvery', 'whole', '250', false],
    ['factor', 'number', '0.5', false],
    ['order', 'choice', 'easy', false],
    ['signed', 'switch', 'false', false],
    ['name', 'text', '', false],
  ]);
  expect(field('fitEvery')).toMatchObject({ label: 'fit every', help: 'episodes between two fits' });
  expect(field('order').choices).toEqual(['easy', 'hard']);
});

test.each([
  ['data', ' ', 'is needed'],
  ['data', 'x.csv', undefined],
  ['fitEvery', '2', undefined],
  ['fitEvery', '1', 'must be at least 2'],
  ['fitEvery', '2.5', 'is not a whole number'],
  ['fitEvery', 'two', 'is not a number'],
  ['fitEvery', '', undefined],
  ['factor', '0', 'must be above 0'],
  ['factor', '1', 'must be below 1'],
  ['factor', '0.99', undefined],
  ['factor', 'Infinity', 'is not a number'],
  ['order', 'any', 'is not one of the choices'],
  ['name', '', undefined],
])('%s: %j %s', (name, entered, mistake) => {
  expect(mistakeIn(field(name), entered)).toBe(mistake);
});

test('what was changed is sent, with its type; what is empty or as it was is not', () => {
  const entered = { data: 'x.csv', fitEvery: ' 10 ', factor: '0.5', signed: 'true', name: '' };
  expect(settingsOf(fields, entered)).toEqual({ data: 'x.csv', fitEvery: 10, signed: true });
  expect(schema.safeParse(settingsOf(fields, entered)).success).toBe(true);
});

test('a schema that is none has no fields', () => {
  expect(fieldsOf({})).toEqual([]);
  expect(fieldsOf({ properties: { a: null, b: 3 } })).toEqual([]);
});
