import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { skillChart } from '../../src/curricula/skill-chart.js';
import { missingSkillProfile } from '../../src/curricula/skill-profile.js';
import { consistent, exactly, examplesForMistakes, skillMap } from '../../src/curricula/skill-targeted.js';

const mistakes = [
  { question: 'q1', missing: ['carry', 'round'] },
  { question: 'q2', missing: ['carry'] },
  { question: 'q3', missing: [] },
];

describe('a profile', () => {
  const profile = missingSkillProfile(mistakes, [['carry', 'round'], ['carry'], ['carry', 'carry'], ['add']]);

  test('counts what was missed and what was needed, the most missed first', () => {
    expect(profile).toEqual([
      { skill: 'carry', missed: 2, needed: 3 },
      { skill: 'round', missed: 1, needed: 1 },
    ]);
  });

  test('is drawn with its numbers in words', () => {
    const svg = skillChart([{ skill: '<b> & "c"', missed: 2, needed: 3 }]);
    expect(svg).toContain('&lt;b&gt; &amp; &quot;c&quot;: 2 of 3');
    expect(svg).not.toContain('<b>');
  });
});

describe('examples for mistakes', () => {
  const map = skillMap([['carry'], ['add'], ['carry', 'round'], ['carry', 'carry'], ['carry']]);

  test('are different ones of the skill, as many as there are', () => {
    expect(map.get('carry')).toEqual([0, 2, 3, 4]);
    const needs = examplesForMistakes(mistakes, map, 3, random.key(1));
    expect(needs.map(({ question, skill }) => `${question} ${skill}`)).toEqual([
      'q1 carry',
      'q1 round',
      'q2 carry',
    ]);
    for (const { skill, examples } of needs) {
      expect(new Set(examples).size).toBe(examples.length);
      for (const at of examples) expect(map.get(skill)).toContain(at);
    }
    expect(needs.map(({ examples }) => examples.length)).toEqual([3, 1, 3]);
  });

  test('are none where the pool has none', () => {
    const [need] = examplesForMistakes([{ question: 'q', missing: ['prove'] }], map, 5, random.key(1));
    expect(need).toEqual({ question: 'q', skill: 'prove', examples: [] });
  });
});

test('exactly so many are drawn, all as often but for a rest', () => {
  const drawn = exactly([...'abc'], 8, random.key(2));
  expect(drawn).toHaveLength(8);
  for (const letter of 'abc') {
    expect(drawn.filter((one) => one === letter).length).toBeGreaterThanOrEqual(2);
  }
  expect(new Set(exactly([...'abcdef'], 4, random.key(2))).size).toBe(4);
  expect(exactly([], 4, random.key(2))).toEqual([]);
});

test('answers are kept where enough of them agree', () => {
  expect(consistent(['1', '2', '1'], 2)).toEqual([0, 2]);
  expect(consistent(['1', '2', '3'], 2)).toEqual([]);
  expect(consistent(['1', '2', '2', '1'], 2)).toEqual([0, 3]);
  expect(consistent([], 1)).toEqual([]);
  expect(consistent(['1', '1.0', '2'], 2, (a, b) => Number(a) === Number(b))).toEqual([0, 1]);
});
