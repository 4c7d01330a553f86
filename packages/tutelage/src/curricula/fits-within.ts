import { UserError } from '../core/errors.js';
import { freeParameters } from './gaussian-mixture.js';

/** Windows of fewer episodes say too little, even of a person who learns. */
const leastWindow = 15;

export interface Fits {
  /** Episodes between two fits, and in each fit. */
  readonly fitEvery: number;
  /** Fewest and most Gaussians. */
  readonly fewest: number;
  readonly most: number;
}

/**
 * Makes fits of mixtures suit a budget: a window that is the usual one becomes a twentieth of a small budget, and a mixture has no
 * more free parameters than a window has episodes.
 *
 * @param budget.usual the window that was not chosen by the user
 * @param budget.coordinates of a point that mixtures are fitted to
 * @param say tells what was made smaller, and warns of a budget that is hardly more than a window
 * @throws {UserError} for fewest above most
 */
export function fitsWithin(
  { fitEvery: wanted, fewest, most: wantedMost }: Fits,
  budget: { readonly episodes: number; readonly usual: number; readonly coordinates: number },
  say: (message: string) => void,
): Fits {
  const { episodes, usual, coordinates } = budget;
  if (fewest > wantedMost) throw new UserError(`fewest Gaussians above most: ${fewest} and ${wantedMost}`);
  const fitEvery =
    wanted === usual ? Math.min(usual, Math.max(leastWindow, Math.floor(episodes / 20))) : wanted;
  if (fitEvery !== wanted)
    say(`a fit every ${fitEvery} episodes: a twentieth of all, at least ${leastWindow}`);
  if (episodes < 2 * fitEvery) {
    say(`warning: most of ${episodes} episodes are drawn at random: fitEvery is ${fitEvery}`);
  }
  let most = wantedMost;
  while (most > 1 && freeParameters(most, coordinates) > fitEvery) most--;
  if (most < wantedMost) say(`at most ${most} Gaussians: more have more parameters than a fit has episodes`);
  return { fitEvery, fewest: Math.min(fewest, most), most };
}
