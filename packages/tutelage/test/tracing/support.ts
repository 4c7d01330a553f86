import { random } from '@tutelage/engine';
import { simulatedAnswers, simulatedSchool, synthetic5 } from '../../src/tasks/simulated-learners.js';
import type { FitOptions } from '../../src/tracing/tracer.js';

/** The numbers from `begin` to `end` - 1. */
export const range = (begin: number, end: number): Int32Array =>
  Int32Array.from({ length: end - begin }, (_, i) => begin + i);

export const untilDone: Pick<FitOptions, 'signal'> = { signal: new AbortController().signal };

/** Answers of simulated learners with known concepts and different questions in each. */
export function school(learners: number, knownConcepts = true) {
  const made = simulatedSchool(synthetic5, random.key('school'));
  const options = { knownConcepts, sameOrder: false };
  return simulatedAnswers(made, learners, options, random.key('learners'));
}
