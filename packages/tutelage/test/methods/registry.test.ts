import { readdirSync } from 'node:fs';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { claimId } from '../../src/claims/define-claim.js';
import { claimsOf } from '../../src/claims/method-file.js';
import { claimNamed, methodNamed } from '../../src/cli/method-named.js';
import { methodSettings } from '../../src/cli/method-settings.js';
import { isMethodId, loadMethod, type MethodId, methodIds } from '../../src/methods/index.js';

test('a wrong id does not compile', () => {
  expectTypeOf<'alp-gmm'>().toExtend<MethodId>();
  expectTypeOf<'alp-gm'>().not.toExtend<MethodId>();
  expectTypeOf(loadMethod).parameter(0).not.toEqualTypeOf<string>();
});

test('ids keep the types of their methods', async () => {
  const { method } = await loadMethod('alp-gmm');
  expectTypeOf(method.params.parse({}).criterion).toEqualTypeOf<'aic' | 'bic' | 'aicc'>();
  expect(method.id).toBe('alp-gmm');
});

test('every file in a room is registered under its name', () => {
  const folder = new URL('../../src/methods/', import.meta.url);
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(new URL(`${name}/`, folder)))
    .map((name) => name.replace(/\.ts$/, ''));
  expect([...methodIds]).toEqual(files.sort());
});

describe.each([...methodIds])('%s', (id) => {
  test('is stated in full', async () => {
    const { method, data, cost, ...file } = await loadMethod(id);
    expect(method.id).toBe(id);
    expect(method.params.parse({})).toBeDefined();
    for (const field of Object.values<z.ZodType>(method.params.shape)) expect(field.description).toBeTruthy();
    for (const text of [method.teaches, data, cost]) expect(text.length).toBeGreaterThan(20);
    for (const claim of claimsOf(file)) {
      expect(await claimNamed(claimId(claim))).toBe(claim);
      for (const text of [claim.statement, claim.fails, claim.published])
        expect(text.length).toBeGreaterThan(20);
      expect(JSON.parse(JSON.stringify(claim.settings))).toEqual(claim.settings);
    }
  });
});

test('an unknown id is told with the nearest', async () => {
  expect(isMethodId('alp-gm')).toBe(false);
  expect(isMethodId('toString')).toBe(false);
  await expect(methodNamed('alp-gm')).rejects.toMatchObject({
    message: 'unknown method: alp-gm',
    hint: 'did you mean alp-gmm?',
    exitCode: 2,
  });
  await expect(claimNamed('alp-gmm-waker')).rejects.toMatchObject({
    message: 'unknown method or claim: alp-gmm-waker',
    hint: 'did you mean alp-gmm-walker?',
  });
  await expect(methodNamed('zzz')).rejects.toMatchObject({ hint: 'see: tutelage methods' });
});

describe('--set', () => {
  const params = z.object({
    fitEvery: z.int().min(2).default(250).describe('window'),
    signed: z.boolean().default(false).describe('ablation'),
    kind: z.enum(['a', 'b']).default('a').describe('choice'),
  });

  test('reads numbers, switches and choices, in camel or kebab case', () => {
    expect(methodSettings(params, ['fit-every=30', 'signed=true', 'kind=b'])).toEqual({
      fitEvery: 30,
      signed: true,
      kind: 'b',
    });
    expect(methodSettings(params, [])).toEqual({ fitEvery: 250, signed: false, kind: 'a' });
  });

  test.each([
    ['fitEvery', '--set: fitEvery: must be key=value'],
    ['fitEver=3', '--set: unknown parameter: fitEver'],
    ['fitEvery=many', '--set: fitEvery=many: invalid input'],
    ['fitEvery=', '--set: fitEvery=: invalid input'],
    ['fitEvery=1', '--set: fitEvery=1: too small'],
    ['signed=yes', '--set: signed=yes: invalid input'],
    ['kind=c', '--set: kind=c: invalid option'],
  ])('%s is refused', (word, message) => {
    expect(() => methodSettings(params, [word])).toThrow(message);
  });
});
