import { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { type SimulatedSchool, simulatedLearner } from '../tasks/simulated-learners.js';
import { recommend } from './recommend.js';
import type { Tracer } from './tracer.js';

/** Who chooses the concept of the next task: a tracer by what it thinks of the learner, chance, or a fixed order. */
export type Tutor = Tracer | 'random' | 'in turn';

/**
 * Gives simulated learners tasks one after another, each a question at random of the concept that the tutor chooses.
 *
 * @returns the mean over learners of the true chance to answer a question of the school right, after the last task
 */
export async function scoreAfterTasks(
  school: SimulatedSchool,
  tutor: Tutor,
  { learners, tasks }: { readonly learners: number; readonly tasks: number },
  key: random.Key,
): Promise<number> {
  const items = Array.from({ length: school.concepts }, (_, k) => ({
    concepts: Int32Array.of(k),
    questions: Array.from(school.conceptOf.keys()).filter((q) => school.conceptOf[q] === k),
  })).filter(({ questions }) => questions.length > 0);
  const asked = items.map(({ concepts, questions }) => ({ concepts, question: questions[0]! }));
  const scores: number[] = [];
  for (let u = 0; u < learners; u++) {
    const own = random.foldIn(key, u);
    const learner = simulatedLearner(school, tasks, own);
    const draws = new Float32Array(2 * tasks);
    random.fillUniform(draws, random.foldIn(own, 'tasks'));
    const follower = typeof tutor === 'string' ? undefined : tutor.follow();
    for (let task = 0; task < tasks; task++) {
      const atRandom = Math.floor(draws[2 * task]! * items.length);
      const choice = follower
        ? (recommend(await follower.probabilities(asked)) ?? atRandom)
        : tutor === 'random'
          ? atRandom
          : Math.floor((task * items.length) / tasks);
      const { concepts, questions } = items[choice]!;
      const question = questions[Math.floor(draws[2 * task + 1]! * questions.length)]!;
      await follower?.answer({ question, concepts }, learner.answer(question));
      if (!follower) learner.answer(question);
    }
    scores.push(mean(Array.from(school.difficulty.keys(), learner.chance)));
  }
  return mean(scores);
}
