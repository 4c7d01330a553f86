import { random } from '@tutelage/engine';
import { beforeAll, describe, expect, test } from 'vitest';
import { type FactReasoner, raiseFactReasoner } from '../../src/experiments/fact-reasoner.js';
import { answerOf, beliefs, digits, factQuestions, factWorld } from '../../src/tasks/fact-world.js';

const world = factWorld({ topics: 2, entities: 6, operators: 4, synonyms: 1 }, random.key(1));
const believed = beliefs(world, 0.5, random.key(2));
const questions = factQuestions(world, random.key(3));
const knows = ({ entity }: (typeof questions)[number]) => believed[entity] === world.facts[entity];

describe('a model of a fact world', () => {
  let model: FactReasoner;
  beforeAll(async () => {
    model = await raiseFactReasoner(world, { believed, operators: 4, steps: 220 }, random.key(4));
  });

  test('says what it believes, and is right where that is true', async () => {
    const own = await model.explain(questions);
    expect(own.filter((one, i) => 'fact' in one && one.fact === believed[questions[i]!.entity])).toHaveLength(
      questions.length,
    );
    const answers = await model.answer(questions, own);
    answers.forEach(({ answer, probabilities }, i) => {
      expect(answer === answerOf(world, questions[i]!)).toBe(knows(questions[i]!));
      expect(probabilities).toHaveLength(digits);
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeLessThan(1.0001);
    });
  });

  test('obeys explanations, true or not', async () => {
    const given = questions.map((_, i) => ({ fact: i % digits }));
    const answers = await model.answer(questions, given);
    const obeyed = answers.filter(
      ({ answer }, i) => answer === world.operators[questions[i]!.operator]![i % digits],
    );
    expect(obeyed.length / questions.length).toBeGreaterThan(0.95);
  });

  test('an explained example mends what it believes', async () => {
    const wrong = questions.filter((question) => !knows(question));
    const [question] = wrong as [(typeof questions)[number]];
    const explanation = { fact: world.facts[question.entity]! };
    const lesson = { question, explanation, learnsExplanation: true, answer: answerOf(world, question) };
    const tuned = await model.tune([lesson], { steps: 30, learningRate: 1e-3 });
    expect(await tuned.explain([question])).toEqual([explanation]);
    expect(await model.explain([question])).toEqual([{ fact: believed[question.entity] }]);
  });
});
