import type { random } from '@tutelage/engine';
import { type MixtureTeacher, mixtureTeacher } from './mixture-teacher.js';

/**
 * Covar-GMM (Moulin-Frier et al. 2014, as in Portelas et al. 2019): mixtures over task, time and reward; a component's worth is the
 * covariance of time and reward in it, so that it follows rising rewards.
 *
 * @param window observations in a fit; time runs from 0 to 1 within it
 * @param absolute whether falling rewards are followed as well
 */
export function covarGmm(
  dimensions: number,
  { window, absolute }: { readonly window: number; readonly absolute: boolean },
  key: random.Key,
): MixtureTeacher {
  return mixtureTeacher({
    dimensions,
    fitEvery: window,
    randomShare: 0.2,
    components: [2, 10],
    criterion: 'aic',
    redraws: 0,
    signals: () => {
      let count = 0;
      return (_, reward) => [(count++ % window) / window, reward];
    },
    worth: ({ covariance }) => {
      const own = covariance[dimensions * (dimensions + 2) + dimensions + 1]!;
      return absolute ? Math.abs(own) : own;
    },
    key,
  });
}
