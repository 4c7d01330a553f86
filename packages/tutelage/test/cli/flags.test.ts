import { expect, test } from 'vitest';
import { z } from 'zod';
import { type Parameters, parseFlags } from '../../src/cli/flags.js';
import type { UserError } from '../../src/core/errors.js';

const command = {
  name: 'bake',
  summary: 'Bakes.',
  params: z.object({
    what: z.string().describe('what to bake'),
    more: z.array(z.string()).default([]).describe('what else'),
    ovenHeat: z.number().min(0).max(300).default(180).describe('degrees'),
    shelf: z.int().positive().optional().describe('shelf to use'),
    form: z.enum(['round', 'square']).default('round').describe('of the tin'),
    fan: z.boolean().default(true).describe('do not use the fan'),
    glaze: z.boolean().default(false).describe('glaze it'),
  }),
  positional: ['what', 'more'],
  examples: ['tutelage bake bread'],
} satisfies Parameters;

function parse(words: readonly string[]) {
  let printed = '';
  const params = parseFlags(command as Parameters<(typeof command)['params']>, words, (text) => {
    printed += text;
  });
  return { params, printed };
}

test('flags, arguments and defaults', () => {
  expect(parse(['bread']).params).toEqual({
    what: 'bread',
    more: [],
    ovenHeat: 180,
    form: 'round',
    fan: true,
    glaze: false,
  });
  const words = [
    'bread',
    'buns',
    '--oven-heat',
    '220.5',
    '--shelf=2',
    '--form',
    'square',
    '--no-fan',
    '--glaze',
  ];
  expect(parse(words).params).toEqual({
    what: 'bread',
    more: ['buns'],
    ovenHeat: 220.5,
    shelf: 2,
    form: 'square',
    fan: false,
    glaze: true,
  });
});

test('a negative number is a value, and what follows -- is an argument', () => {
  expect(() => parse(['bread', '--oven-heat', '-5'])).toThrow(/--oven-heat: -5: too small/);
  expect(parse(['--', '--odd']).params?.what).toBe('--odd');
});

test('help tells of every parameter, its choices and its default', () => {
  const { params, printed } = parse(['--help']);
  expect(params).toBeUndefined();
  const flat = printed.replace(/\s+/g, ' ');
  for (const part of [
    '<what>',
    '[more...]',
    '--oven-heat <number>',
    'degrees (default: 180)',
    'one of round, square; default: round',
    '--no-fan',
    '--glaze',
    '$ tutelage bake bread',
  ]) {
    expect(flat).toContain(part);
  }
  expect(flat).not.toContain('default: )');
});

test.each([
  [[], /missing required argument 'what'/, /--help/],
  [['bread', '--glase'], /unknown option '--glase' \(did you mean --glaze\?\)/, /--help/],
  [['bread', '--form', 'sqare'], /--form: sqare: not one of round, square/, /did you mean square\?/],
  [['bread', '--oven-heat', 'hot'], /--oven-heat: hot: not a number/, undefined],
  [['bread', '--oven-heat', ''], /--oven-heat: : not a number/, undefined],
  [['bread', '--oven-heat', '301'], /--oven-heat: 301: too big/, undefined],
  [['bread', '--shelf', '1.5'], /--shelf: 1.5: .*int/, undefined],
  [['bread', '--shelf'], /argument missing/, /--help/],
] as const)('%j is refused', (words, message, hint) => {
  try {
    parse(words);
  } catch (error) {
    const { message: found, hint: advice, exitCode } = error as UserError;
    expect(found).toMatch(message);
    if (hint) expect(advice).toMatch(hint);
    expect(exitCode).toBe(2);
    return;
  }
  expect.unreachable('accepted');
});
