import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import {
  answerOf,
  beliefs,
  digits,
  factQuestions,
  factWorld,
  synonymOf,
  topicOf,
} from '../../src/tasks/fact-world.js';

const sizes = { topics: 5, entities: 20, operators: 6, synonyms: 2 };
const world = factWorld(sizes, random.key(3));

test('operators are permutations, the last ones of the effect of the first', () => {
  for (const operator of world.operators) {
    expect(operator.toSorted((a, b) => a - b)).toEqual(Array.from({ length: digits }, (_, i) => i));
  }
  expect(world.operators[4]).toEqual(world.operators[0]);
  expect(world.operators[5]).toEqual(world.operators[1]);
  expect([0, 3, 4, 5].map((operator) => synonymOf(world, operator))).toEqual([0, 3, 0, 1]);
});

test('every question once, its answer by way of the fact', () => {
  const questions = factQuestions(world, random.key(4));
  expect(new Set(questions.map(({ entity, operator }) => `${entity} ${operator}`)).size).toBe(5 * 20 * 6);
  for (const question of questions.slice(0, 20)) {
    expect(answerOf(world, question)).toBe(
      world.operators[question.operator]![world.facts[question.entity]!],
    );
  }
  expect(topicOf(world, { entity: 39, operator: 0 })).toBe(1);
});

test('who knows at least a share of each topic believes the one wrong digit of the rest', () => {
  const believed = beliefs(world, 0.4, random.key(5));
  believed.forEach((digit, entity) => {
    expect([world.facts[entity], world.errors[entity]]).toContain(digit);
    expect(world.errors[entity]).not.toBe(world.facts[entity]);
  });
  for (let topic = 0; topic < sizes.topics; topic++) {
    const known = believed.filter(
      (digit, entity) => Math.floor(entity / 20) === topic && digit === world.facts[entity],
    );
    expect(known.length).toBeGreaterThanOrEqual(8);
  }
  expect(beliefs(world, 1, random.key(5))).toEqual(world.facts);
});
