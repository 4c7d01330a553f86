import { random } from '@tutelage/engine';
import { shuffled } from '../curricula/weighted-draw.js';
import { sequentialTracer, sigmoid, walk } from './sequential.js';
import type { Item, TracerKind } from './tracer.js';

const passes = 15;
const rate = 0.1;
/** Weight of the squared coefficients, for each answer. */
const ridge = 1e-5;

/** A learner's record: right and wrong answers of each concept and of all, and ability where the model has it. */
type Counts = {
  right: number[];
  wrong: number[];
  rights: number;
  wrongs: number;
  ability: number;
  precision: number;
};

/**
 * Additive and performance factors: logistic regression on what a learner has practised.
 *
 * - `afm` (Cen, Koedinger & Junker 2006): sigmoid(theta + sum_k (beta_k + gamma_k log(1 + T_k))), with practice T_k and ability theta,
 *   which is estimated online.
 * - `pfa` (Pavlik, Cen & Koedinger 2009): sigmoid(sum_k (beta_k + gamma_k log(1 + S_k) + rho_k log(1 + F_k))), with successes S_k and
 *   failures F_k, and the same of all concepts together, which makes it a strong baseline (Gervet et al. 2020).
 *
 * gamma >= 0. Fitted by AdaGrad (Duchi et al. 2011), learner by learner.
 */
export function factors(kind: 'afm' | 'pfa'): TracerKind {
  return {
    id: kind,
    title: kind === 'afm' ? 'additive factors (AFM)' : 'performance factors (PFA)',
    async fit(data, { train }, { seed, signal }) {
      const concepts = data.concepts.length;
      // Coefficients beta, gamma and rho of each concept, then those of all concepts together.
      const size = 3 * concepts + 3;
      const [weights, squares] = [new Float64Array(size), new Float64Array(size).fill(1e-6)];
      const model = { start: () => countsOf(concepts), update };
      const places = new Int32Array(size);
      const values = new Float64Array(size);

      const featuresOf = (state: Counts, item: Item): number => {
        let n = 0;
        const put = (place: number, value: number): void => {
          if (value === 0) return;
          places[n] = place;
          values[n++] = value;
        };
        for (const k of item.concepts) {
          const [right = 0, wrong = 0] = [state.right[k], state.wrong[k]];
          put(3 * k, 1);
          put(3 * k + 1, Math.log1p(kind === 'afm' ? right + wrong : right));
          if (kind === 'pfa') put(3 * k + 2, Math.log1p(wrong));
        }
        put(3 * concepts, 1);
        if (kind === 'pfa') {
          put(3 * concepts + 1, Math.log1p(state.rights));
          put(3 * concepts + 2, Math.log1p(state.wrongs));
        }
        return n;
      };
      const chance = (state: Counts, item: Item): number => {
        const n = featuresOf(state, item);
        let sum = kind === 'afm' ? state.ability : 0;
        for (let i = 0; i < n; i++) sum += weights[places[i]!]! * values[i]!;
        return sigmoid(sum);
      };
      function update(state: Counts, item: Item, response: 0 | 1): void {
        const p = chance(state, item);
        state.precision += p * (1 - p);
        state.ability += (response - p) / state.precision;
        const counts = response === 1 ? state.right : state.wrong;
        for (const k of item.concepts) counts[k] = (counts[k] ?? 0) + 1;
        if (response === 1) state.rights += 1;
        else state.wrongs += 1;
      }

      for (let pass = 0; pass < passes && !signal.aborted; pass++) {
        for (const i of shuffled(train.length, random.foldIn(random.key(seed), pass))) {
          walk(model, data, train[i]!, (row, item, state) => {
            const residual = chance(state, item) - data.response[row]!;
            const n = featuresOf(state, item);
            for (let j = 0; j < n; j++) {
              const place = places[j]!;
              const gradient = residual * values[j]! + ridge * weights[place]!;
              squares[place]! += gradient * gradient;
              weights[place]! -= (rate * gradient) / Math.sqrt(squares[place]!);
              const isGain = place % 3 === 1;
              if (isGain && weights[place]! < 0) weights[place] = 0;
            }
          });
        }
        await new Promise(setImmediate);
      }
      return sequentialTracer({
        ...model,
        probability: chance,
        parameters: { weights: Array.from(weights) },
      });
    },
  };
}

function countsOf(concepts: number): Counts {
  const zeros = () => new Array<number>(concepts).fill(0);
  return { right: zeros(), wrong: zeros(), rights: 0, wrongs: 0, ability: 0, precision: 1 };
}
