import { random } from '@tutelage/engine';
import type { Interactions } from './interactions/index.js';

export type SimulatedSchoolConfig = {
  readonly questions: number;
  readonly concepts: number;
  /** Standard deviation of the learners' abilities in a concept. */
  readonly abilitySpread: number;
  /** Standard deviation of the questions' difficulties. */
  readonly difficultySpread: number;
  /** Chance of a right answer without any ability. */
  readonly guess: number;
  /** Added to the ability in a concept by each answer to a question of it. */
  readonly growth: number;
};

/** Questions of hidden concepts and difficulties, N(0, spread²). */
export interface SimulatedSchool extends SimulatedSchoolConfig {
  readonly conceptOf: Int32Array;
  readonly difficulty: Float32Array;
}

/** A person whose abilities are known: one a concept, N(0, spread²) at first. */
export interface SimulatedLearner {
  readonly ability: Float32Array;
  /** Of answering right: c + (1 - c) sigmoid(theta - b), with the guess c. */
  chance(question: number): number;
  /** Answers and learns. */
  answer(question: number): 0 | 1;
}

/**
 * Synthetic-5 in the manner of Piech et al. (2015): 50 questions of 5 hidden concepts. The spreads and the growth are not in the paper;
 * with these the means of questions, and what a learner's answers to a concept tell of one another, are those of its published files
 * (AUC 0.63 and 0.83).
 */
export const synthetic5: SimulatedSchoolConfig = {
  questions: 50,
  concepts: 5,
  abilitySpread: 5,
  difficultySpread: 2,
  guess: 0.25,
  growth: 0.2,
};

export function simulatedSchool(config: SimulatedSchoolConfig, key: random.Key): SimulatedSchool {
  const draws = uniforms(config.questions, random.foldIn(key, 'concepts'));
  const difficulty = new Float32Array(config.questions);
  random.fillNormal(difficulty, random.foldIn(key, 'difficulties'));
  return {
    ...config,
    conceptOf: Int32Array.from(draws, (u) => Math.floor(u * config.concepts)),
    difficulty: difficulty.map((b) => b * config.difficultySpread),
  };
}

/** @param answers most that will be asked for */
export function simulatedLearner(
  school: SimulatedSchool,
  answers: number,
  key: random.Key,
): SimulatedLearner {
  const { conceptOf, difficulty, guess, growth } = school;
  const normal = new Float32Array(school.concepts);
  random.fillNormal(normal, random.foldIn(key, 'ability'));
  const ability = normal.map((x) => x * school.abilitySpread);
  const draws = uniforms(answers, random.foldIn(key, 'answers'));
  let given = 0;
  const chance = (question: number): number =>
    guess + (1 - guess) / (1 + Math.exp(difficulty[question]! - ability[conceptOf[question]!]!));
  return {
    ability,
    chance,
    answer(question) {
      const response = draws[given++]! < chance(question) ? 1 : 0;
      ability[conceptOf[question]!]! += growth;
      return response;
    },
  };
}

/**
 * Answers of simulated learners, each to every question once.
 *
 * @param knownConcepts whether the data tell the questions' concepts; questions are otherwise their own concepts
 * @param sameOrder whether all learners have the same order of questions
 * @returns also the true chance of each answer, which no tracer can beat
 */
export function simulatedAnswers(
  school: SimulatedSchool,
  learners: number,
  options: { readonly knownConcepts: boolean; readonly sameOrder: boolean },
  key: random.Key,
): { readonly data: Interactions; readonly chance: Float32Array } {
  const { questions, conceptOf } = school;
  const rows = learners * questions;
  const [question, response, chance] = [new Int32Array(rows), new Uint8Array(rows), new Float32Array(rows)];
  const inOrder = Int32Array.from({ length: questions }, (_, q) => q);
  for (let u = 0; u < learners; u++) {
    const own = random.foldIn(key, u);
    const person = simulatedLearner(school, questions, own);
    const draws = uniforms(questions, random.foldIn(own, 'order'));
    const order = options.sameOrder ? inOrder : inOrder.toSorted((a, b) => draws[a]! - draws[b]!);
    order.forEach((q, i) => {
      const row = u * questions + i;
      question[row] = q;
      chance[row] = person.chance(q);
      response[row] = person.answer(q);
    });
  }
  const names = Array.from({ length: questions }, (_, q) => `question ${q + 1}`);
  const concepts = Array.from({ length: school.concepts }, (_, k) => `concept ${k + 1}`);
  const data: Interactions = {
    learners: Array.from({ length: learners }, (_, u) => `learner ${u + 1}`),
    offsets: Int32Array.from({ length: learners + 1 }, (_, u) => u * questions),
    questions: names,
    concepts: options.knownConcepts ? concepts : names,
    question,
    conceptSet: options.knownConcepts ? question.map((q) => conceptOf[q]!) : question,
    conceptSets: (options.knownConcepts ? concepts : names).map((_, k) => Int32Array.of(k)),
    response,
    first: question.map((_, row) => row),
  };
  return { data, chance };
}

/**
 * Answers that nothing can be told of: independent of learner, question and history, to questions of one to four concepts. Whoever
 * estimates them better than chance has seen the answer.
 */
export function randomAnswers(
  {
    learners,
    answers,
    questions,
    concepts,
    chance,
  }: Readonly<Record<'learners' | 'answers' | 'questions' | 'concepts' | 'chance', number>>,
  key: random.Key,
): Interactions {
  const mostConcepts = 4;
  const conceptSets = Array.from({ length: questions }, (_, q) => {
    const draws = uniforms(concepts + 1, random.foldIn(random.foldIn(key, 'sets'), q));
    const order = Int32Array.from({ length: concepts }, (_, k) => k).sort((a, b) => draws[a]! - draws[b]!);
    return order.slice(0, 1 + Math.floor(draws[concepts]! * mostConcepts)).sort();
  });
  const rows = learners * answers;
  const question = Int32Array.from(uniforms(rows, random.foldIn(key, 'questions')), (u) =>
    Math.floor(u * questions),
  );
  return {
    learners: Array.from({ length: learners }, (_, u) => `learner ${u + 1}`),
    offsets: Int32Array.from({ length: learners + 1 }, (_, u) => u * answers),
    questions: conceptSets.map((_, q) => `question ${q + 1}`),
    concepts: Array.from({ length: concepts }, (_, k) => `concept ${k + 1}`),
    question,
    conceptSet: question,
    conceptSets,
    response: Uint8Array.from(uniforms(rows, random.foldIn(key, 'responses')), (u) => (u < chance ? 1 : 0)),
    first: question.map((_, row) => row),
  };
}

function uniforms(count: number, key: random.Key): Float32Array {
  const values = new Float32Array(count);
  random.fillUniform(values, key);
  return values;
}
