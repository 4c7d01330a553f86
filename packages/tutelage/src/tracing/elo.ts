import { sequentialTracer, sigmoid, walk } from './sequential.js';
import type { Item, TracerKind } from './tracer.js';

/** How far the n-th answer moves a rating (Pelánek 2016, section 3.3): 0.4 / (1 + 0.05 n). */
const weight = (n: number): number => 0.4 / (1 + 0.05 * n);

type Rating = { value: number; answers: number };

/**
 * Elo ratings of learners and questions (Elo 1978; for learning, Pelánek 2016): theta += K (r - p), b -= K (r - p) with
 * p = sigmoid(theta - b). Questions keep the rating that they have after the training answers.
 */
export const elo: TracerKind = {
  id: 'elo',
  title: 'Elo ratings',
  async fit(data, { train }) {
    const difficulty = new Float64Array(data.questions.length);
    const answers = new Float64Array(data.questions.length);
    const chance = ({ value }: Rating, { question }: Item) => sigmoid(value - (difficulty[question] ?? 0));
    const start = (): Rating => ({ value: 0, answers: 0 });
    const update = (state: Rating, item: Item, response: 0 | 1): void => {
      state.value += weight(state.answers) * (response - chance(state, item));
      state.answers += 1;
    };
    for (const u of train) {
      walk({ start, update }, data, u, (row, item, state) => {
        const q = item.question;
        difficulty[q]! -= weight(answers[q]!) * (data.response[row]! - chance(state, item));
        answers[q]! += 1;
      });
    }
    return sequentialTracer({
      start,
      probability: chance,
      update,
      parameters: { difficulty: Array.from(difficulty) },
    });
  },
};
