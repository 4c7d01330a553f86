import type { Interval } from './intervals.js';

const noBreakSpace = '\u00a0';
const minus = '\u2212';

/** A number with a real minus sign and fixed decimals; what rounds to zero has no sign. */
export function decimal(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? minus + text : text;
}

/** A share as a percentage, such as `91.4 %`. */
export function percent(share: number, digits = 1): string {
  return `${decimal(100 * share, digits)}${noBreakSpace}%`;
}

/** A difference of shares in percentage points, such as `+1.2`. */
export function signedPoints(difference: number): string {
  const text = decimal(100 * difference, 1);
  return Number(text) > 0 ? `+${text}` : text;
}

/** The ends of an interval of shares in percentage points, such as `0.4 to 2.0`. */
export function pointsRange({ low, high }: Pick<Interval, 'low' | 'high'>): string {
  return `${decimal(100 * low, 1)} to ${decimal(100 * high, 1)}`;
}

/** The ends of an interval of shares as percentages, in little room, such as `90.6–93.3`. */
export function shareRange({ low, high }: Pick<Interval, 'low' | 'high'>): string {
  return `${decimal(100 * low, 1)}–${decimal(100 * high, 1)}`;
}

/** A lead or lag in percentage points without sign, such as `1.2 points`. */
export function points(difference: number): string {
  const text = decimal(100 * Math.abs(difference), 1);
  return `${text} ${text === '1.0' ? 'point' : 'points'}`;
}
