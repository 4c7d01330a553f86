import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import {
  largestNumber,
  type WordProblemSkill,
  wordProblem,
  wordProblemSkills,
  wordProblemTemplates,
} from '../../../src/tasks/verifiable/word-problems.js';
import { filled, templatesOf } from '../../../src/tasks/verifiable/wording.js';

const words = (templates: readonly string[]) =>
  new Set(templates.flatMap((template) => template.toLowerCase().match(/[a-z{}]+/g)!));

test('templates to learn from and held-out ones are disjoint, many, and made of the same words', () => {
  const [train, held] = [wordProblemTemplates('train'), wordProblemTemplates('test')];
  expect(train.length).toBeGreaterThan(500);
  expect(held.length).toBeGreaterThan(150);
  expect(new Set([...train, ...held]).size).toBe(train.length + held.length);
  const known = words(train);
  expect([...words(held)].filter((word) => !known.has(word))).toEqual([]);
});

test('a pattern stands for all its choices', () => {
  expect(templatesOf(['[a|b] x[ c|]'])).toEqual(['a x c', 'a x', 'b x c', 'b x']);
  expect(filled('there are  {n} {things} .', { n: 3, things: 'nuts' })).toBe('There are 3 nuts.');
  expect(() => filled('{n} {other}', { n: 1 })).toThrow('nothing to fill {other} with');
});

test.each([1, 2, 3, 4, 5, 6])(
  '%d operations lead to the answer, within the numbers allowed',
  (operations) => {
    for (let i = 0; i < 200; i++) {
      const problem = wordProblem(
        { operations, share: i % 2 ? 'train' : 'test' },
        random.foldIn(random.key(7), i),
      );
      const { steps, answer } = problem.target!;
      expect(steps).toHaveLength(operations);
      expect(problem.difficulty).toBe(operations);
      let before: string | undefined;
      for (const step of steps) {
        const [, a, operator, b, result] = /^(\d+) ([-+*/]) (\d+) = (\d+)$/.exec(step)!;
        const [x, y] = [Number(a), Number(b)];
        const found = operator === '+' ? x + y : operator === '-' ? x - y : operator === '*' ? x * y : x / y;
        expect(Number(result)).toBe(found);
        expect(found).toBeGreaterThanOrEqual(1);
        expect(found).toBeLessThanOrEqual(largestNumber);
        if (before !== undefined) expect(a).toBe(before);
        before = result;
      }
      expect(answer).toBe(before);
      expect(problem.input).not.toMatch(/[{}[\]|]/);
      // Every number of the steps is told, but for those that were computed.
      const given = steps.map((step, j) =>
        step
          .split(' ')
          .slice(j === 0 ? 0 : 2, 3)
          .filter((_, k) => k % 2 === 0),
      );
      for (const number of given.flat()) expect(problem.input).toMatch(new RegExp(`\\b${number}\\b`));
    }
  },
);

test('the same key gives the same problem', () => {
  const key = random.key('again');
  expect(wordProblem({ operations: 3, share: 'train' }, key)).toEqual(
    wordProblem({ operations: 3, share: 'train' }, key),
  );
});

test('skills can be chosen, and all of them occur', () => {
  const seen = new Set<string>();
  for (let i = 0; i < 500; i++) {
    const { skills } = wordProblem({ operations: 3, share: 'train' }, random.foldIn(random.key(1), i));
    for (const skill of skills!) seen.add(skill);
  }
  expect([...seen].sort()).toEqual([...wordProblemSkills].sort());
  const only: WordProblemSkill[] = ['gain', 'loss'];
  for (let i = 0; i < 50; i++) {
    const { skills } = wordProblem(
      { operations: 2, share: 'train', skills: only },
      random.foldIn(random.key(2), i),
    );
    for (const skill of skills!) expect(only).toContain(skill);
  }
  expect(() => wordProblem({ operations: 2, share: 'train', skills: ['price'] }, random.key(1))).toThrow(
    'no story of 2 operations with these skills: price',
  );
  expect(() => wordProblem({ operations: 7, share: 'train' }, random.key(1))).toThrow('1 to 6 operations: 7');
});
