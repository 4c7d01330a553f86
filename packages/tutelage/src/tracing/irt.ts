import { countRows } from '../tasks/interactions/index.js';
import { sequentialTracer, sigmoid } from './sequential.js';
import type { TracerKind } from './tracer.js';

const sweeps = 30;
/** Spread of the priors of difficulty and of the logarithm of discrimination. */
const difficultySpread = 2;
const discriminationSpread = 0.3;
const longestStep = 1;

/** What is known of a learner: ability, and how surely, as the inverse of its variance. */
type Ability = { value: number; precision: number };

/**
 * Item response theory: P(right) = sigmoid(a (theta - b)) with ability theta ~ N(0, 1), difficulty b, and discrimination a, 1 for all
 * items in the one-parameter form (Rasch 1960; Birnbaum 1968). Items are questions. Fitted by alternating Newton steps to the mode
 * of the joint posterior; the ability of a new learner is estimated online, by one Newton step an answer.
 */
export function irt(parameters: 1 | 2): TracerKind {
  return {
    id: `irt-${parameters}pl`,
    title: `IRT, ${parameters} parameter${parameters === 1 ? '' : 's'}`,
    async fit(data, { train }) {
      const items = data.questions.length;
      const difficulty = new Float64Array(items);
      const logDiscrimination = new Float64Array(items);
      const ability = new Float64Array(data.learners.length);
      const sums = { gradient: new Float64Array(items), curvature: new Float64Array(items) };
      const slopes = { gradient: new Float64Array(items), curvature: new Float64Array(items) };
      const rows = countRows(data, train);
      for (let sweep = 0; sweep < sweeps; sweep++) {
        for (const part of [sums, slopes]) for (const values of Object.values(part)) values.fill(0);
        let moved = 0;
        for (const u of train) {
          let [gradient, curvature] = [-ability[u]!, 1];
          for (let row = data.offsets[u]!; row < data.offsets[u + 1]!; row++) {
            const q = data.question[row]!;
            const a = Math.exp(logDiscrimination[q]!);
            const p = sigmoid(a * (ability[u]! - difficulty[q]!));
            gradient += a * (data.response[row]! - p);
            curvature += a * a * p * (1 - p);
          }
          const step = clipped(gradient / curvature);
          ability[u]! += step;
          moved += Math.abs(step);
          for (let row = data.offsets[u]!; row < data.offsets[u + 1]!; row++) {
            const q = data.question[row]!;
            const a = Math.exp(logDiscrimination[q]!);
            const distance = ability[u]! - difficulty[q]!;
            const p = sigmoid(a * distance);
            const residual = data.response[row]! - p;
            sums.gradient[q]! -= a * residual;
            sums.curvature[q]! += a * a * p * (1 - p);
            slopes.gradient[q]! += a * distance * residual;
            slopes.curvature[q]! += (a * distance) ** 2 * p * (1 - p);
          }
        }
        for (let q = 0; q < items; q++) {
          const gradient = sums.gradient[q]! - difficulty[q]! / difficultySpread ** 2;
          difficulty[q]! += clipped(gradient / (sums.curvature[q]! + 1 / difficultySpread ** 2));
          if (parameters === 1) continue;
          const slope = slopes.gradient[q]! - logDiscrimination[q]! / discriminationSpread ** 2;
          logDiscrimination[q]! += clipped(slope / (slopes.curvature[q]! + 1 / discriminationSpread ** 2));
        }
        if (moved < 1e-3 * train.length || rows === 0) break;
      }
      const discrimination = logDiscrimination.map(Math.exp);
      const chance = (theta: number, q: number) =>
        sigmoid((discrimination[q] ?? 1) * (theta - (difficulty[q] ?? 0)));
      return sequentialTracer<Ability>({
        start: () => ({ value: 0, precision: 1 }),
        probability: ({ value }, { question }) => chance(value, question),
        update(state, { question }, response) {
          const a = discrimination[question] ?? 1;
          const p = chance(state.value, question);
          state.precision += a * a * p * (1 - p);
          state.value += (a * (response - p)) / state.precision;
        },
        parameters: { difficulty: Array.from(difficulty), discrimination: Array.from(discrimination) },
      });
    },
  };
}

function clipped(step: number): number {
  return Math.min(longestStep, Math.max(-longestStep, step));
}
