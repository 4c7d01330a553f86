import { ModelFileError } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { describeError, usageError } from '../../src/cli/errors.js';
import { UserError } from '../../src/core/errors.js';

test("a user's mistake: problem, detail and hint, and no stack trace", () => {
  const error = new UserError('no such column: words', {
    detail: 'there are a, b',
    hint: 'name one of them',
  });
  expect(describeError(error, false)).toEqual({
    text: 'error: no such column: words\nthere are a, b\nhint: name one of them',
    exitCode: 1,
  });
  expect(describeError(usageError('unknown option: --x'), false)).toEqual({
    text: 'error: unknown option: --x',
    exitCode: 2,
  });
});

test('a damaged model file is no fault of our own', () => {
  expect(describeError(new ModelFileError('not a GGUF file'), false)).toEqual({
    text: 'error: not a GGUF file',
    exitCode: 1,
  });
});

test('a fault of our own: how to report it, and the stack when it is asked for', () => {
  const plain = describeError(new RangeError('out of range'), false);
  expect(plain.exitCode).toBe(1);
  expect(plain.text).toMatch(/^unexpected error: out of range\n.*TUTELAGE_DEBUG=1/);
  expect(plain.text).not.toContain('errors.test.ts');
  expect(describeError(new RangeError('out of range'), true).text).toContain('errors.test.ts');
  expect(describeError('just text', false).text).toMatch(/^unexpected error: just text/);
});
