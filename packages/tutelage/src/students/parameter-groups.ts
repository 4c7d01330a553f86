import type { optim } from '@tutelage/engine';
import type { TeachingPlan } from './classifier.js';

/** Groups of parameters for an optimizer: weight decay is for matrices, and the rates are the plan's. */
export function parameterGroups({
  learningRate,
  learningRates = [],
}: Pick<TeachingPlan, 'learningRate' | 'learningRates'>): optim.ParameterGroup[] {
  const undecayed = /bias$|norm|ln_/i;
  const own = learningRates.flatMap(({ under, factor }): optim.ParameterGroup[] => {
    const rate = factor === 0 ? { frozen: true } : { learningRate: learningRate * factor };
    return [
      { match: (name) => name.startsWith(under) && undecayed.test(name), weightDecay: 0, ...rate },
      { match: (name) => name.startsWith(under), ...rate },
    ];
  });
  return [...own, { match: undecayed, weightDecay: 0 }];
}
