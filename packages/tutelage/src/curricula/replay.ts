import { random } from '@tutelage/engine';
import { UserError } from '../core/errors.js';

/** Number of items that a share of a set has: one at least. */
export function replayCount(size: number, share: number): number {
  return Math.max(1, Math.ceil(share * size));
}

/**
 * Items of a set to be learned again beside another: a fixed random subset; or one with as many of each group as can be; or those with the
 * greatest loss.
 *
 * @param by what each item counts by: its group, or its loss
 * @returns places of items, in ascending order
 */
export function replayed(
  size: number,
  share: number,
  key: random.Key,
  by?: { readonly groups: readonly string[] } | { readonly losses: readonly number[] },
): number[] {
  const order = random.stream(key).shuffle(Array.from({ length: size }, (_, i) => i));
  if (by && 'losses' in by) order.sort((a, b) => by.losses[b]! - by.losses[a]!);
  if (by && 'groups' in by) {
    const seen = new Map<string, number>();
    const turns = order.map((i) => {
      const group = by.groups[i]!;
      const turn = seen.get(group) ?? 0;
      seen.set(group, turn + 1);
      return { i, turn };
    });
    turns.sort((a, b) => a.turn - b.turn);
    order.splice(0, size, ...turns.map(({ i }) => i));
  }
  return order.slice(0, replayCount(size, share)).sort((a, b) => a - b);
}

/**
 * Shares as numbers or fractions, with commas between them.
 *
 * @throws {UserError} for one that is not above 0 and up to 1
 */
export function replayShares(text: string): number[] {
  return text.split(',').map((part) => {
    const [above, below = 1] = part.split('/').map(Number);
    const share = above! / below;
    if (share > 0 && share <= 1) return share;
    throw new UserError(`not a share of a set: ${part.trim()}`, {
      hint: 'replay: numbers or fractions above 0 and up to 1, as 1/256, 1/16',
    });
  });
}

/** A share in a file's name. */
export function shareName(share: number): string {
  const below = 1 / share;
  return Number.isInteger(below) && below > 1 ? `1-${below}` : String(share);
}
