import { expect, test } from 'vitest';
import { z } from 'zod';
import { schemaProblems } from '../../src/core/schema-problem.js';

const schema = z.object({ title: z.string(), sets: z.array(z.object({ kind: z.enum(['a', 'b']) })) });

test('a fault is told with its field', () => {
  const read = schema.safeParse({ sets: [{ kind: 'c' }] });
  expect(schemaProblems(read.error!)).toEqual([
    'title: missing',
    'sets.0.kind: invalid option: expected one of "a"|"b"',
  ]);
});

test('a fault of the whole is told after what it is called', () => {
  const { error } = schema.safeParse(7);
  expect(schemaProblems(error!, 'line')).toEqual(['line: invalid input: expected object, received number']);
  expect(schemaProblems(error!)).toEqual(['invalid input: expected object, received number']);
});
