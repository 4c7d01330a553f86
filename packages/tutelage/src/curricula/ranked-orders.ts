import type { random } from '@tutelage/engine';
import { allOrders, type ClassGeometry, type OrderScore, scoreOrder } from './class-order.js';

/** Something that must come before something else, by position. */
export type Before = readonly [number, number];

export interface RankedOrder {
  readonly order: readonly number[];
  readonly score: OrderScore;
}

/** Up to so many things, all orders are scored. */
export const mostForAll = 8;
const beamWidth = 200;
const drawn = 1000;

/**
 * Orders that keep to some constraints, the best first: all of them up to eight things. Of more, those that a beam search finds, which
 * fills places from both ends inwards as the score does, and some at random.
 *
 * @param dice draws those at random
 */
export function rankedOrders(
  geometry: ClassGeometry,
  before: readonly Before[],
  dice: random.Stream,
): RankedOrder[] {
  const count = geometry.spread.length;
  const orders =
    count <= mostForAll
      ? allOrders(count).filter((order) => keepsTo(order, before))
      : distinct([
          ...beamSearch(geometry, before),
          ...Array.from({ length: drawn }, () => drawnOrder(count, before, dice)),
        ]);
  return orders
    .map((order) => ({ order, score: scoreOrder(geometry, order) }))
    .sort((a, b) => b.score.total - a.score.total);
}

function keepsTo(order: readonly number[], before: readonly Before[]): boolean {
  const place = new Map(order.map((one, i) => [one, i]));
  return before.every(([first, then]) => place.get(first)! < place.get(then)!);
}

function distinct(orders: readonly number[][]): number[][] {
  return [...new Map(orders.map((order) => [order.join(), order])).values()];
}

/** Places one thing after the other, each at random among those whose predecessors are placed. */
function drawnOrder(count: number, before: readonly Before[], dice: random.Stream): number[] {
  const order: number[] = [];
  const left = new Set(Array.from({ length: count }, (_, i) => i));
  while (left.size > 0) {
    const open = [...left].filter((one) => !before.some(([first, then]) => then === one && left.has(first)));
    const chosen = dice.pick(open);
    order.push(chosen);
    left.delete(chosen);
  }
  return order;
}

interface Partial {
  readonly front: readonly number[];
  /** From the last one inwards. */
  readonly back: readonly number[];
  readonly score: number;
}

function beamSearch({ normalised, spread }: ClassGeometry, before: readonly Before[]): number[][] {
  const count = spread.length;
  const things = Array.from({ length: count }, (_, i) => i);
  let beam: Partial[] = [{ front: [], back: [], score: 0 }];
  for (let placed = 0; placed < count; placed++) {
    const isFront = placed % 2 === 0;
    beam = beam
      .flatMap((partial) => {
        const { front, back, score } = partial;
        const used = new Set([...front, ...back]);
        return things
          .filter((one) => !used.has(one) && mayStand(one, isFront ? front : back, before, isFront))
          .map((one): Partial => {
            if (!isFront) {
              return { front, back: [...back, one], score: score + 1 - normalised[front.at(-1)!]![one]! };
            }
            const earlier = front.at(-1);
            const gain = earlier === undefined ? 1 - spread[one]! : normalised[earlier]![one]!;
            return { front: [...front, one], back, score: score + gain };
          });
      })
      .sort((a, b) => b.score - a.score)
      .slice(0, beamWidth);
  }
  return beam.map(({ front, back }) => [...front, ...back.toReversed()]);
}

/** In front stand all that must come before; at the back all that must come after. */
function mayStand(
  one: number,
  placed: readonly number[],
  before: readonly Before[],
  isFront: boolean,
): boolean {
  return before.every(([first, then]) => {
    if (isFront) return then !== one || placed.includes(first);
    return first !== one || placed.includes(then);
  });
}

/** Things that must come before each other in a circle, or undefined where there is none. */
export function cycleIn(count: number, before: readonly Before[]): number[] | undefined {
  const visit = (path: readonly number[]): number[] | undefined => {
    for (const [first, then] of before) {
      if (first !== path.at(-1)) continue;
      if (path.includes(then)) return [...path.slice(path.indexOf(then)), then];
      const found = visit([...path, then]);
      if (found) return found;
    }
    return undefined;
  };
  for (let start = 0; start < count; start++) {
    const found = visit([start]);
    if (found) return found;
  }
  return undefined;
}
