import { random } from '@tutelage/engine';

/** Digits are 0 to below it, and sums are taken modulo it. */
export const sumBase = 8;
/** Digits of an item, and steps of its trace. */
export const sumLength = 5;

/** Where a trace of running sums begins. */
export type SumDialect = 'left' | 'right';

export interface SumItem {
  readonly digits: Int32Array;
  /** A running sum after each digit; the last is the answer. */
  readonly trace: Int32Array;
}

export interface SumItemsOptions {
  /** Share of the traces that begin at the left. */
  readonly left: number;
  /** Share of the steps that are any digit instead. */
  readonly noise: number;
  /** Another task, of which a teacher knows nothing of this one: running differences. */
  readonly differences?: boolean;
}

/** Digits to sum up. */
export function sumDigits(count: number, key: random.Key): Int32Array[] {
  const dice = random.stream(key);
  return Array.from({ length: count }, () =>
    Int32Array.from({ length: sumLength }, () => dice.integer(sumBase)),
  );
}

/** The running sums of digits, or their running differences, in a dialect. Both dialects of sums have the same answer. */
export function sumTrace(digits: ArrayLike<number>, dialect: SumDialect, differences = false): Int32Array {
  const order = dialect === 'left' ? Array.from(digits) : Array.from(digits).reverse();
  let sum = 0;
  return Int32Array.from(order, (digit, t) => {
    sum = differences && t > 0 ? sum - digit + sumBase : sum + digit;
    sum %= sumBase;
    return sum;
  });
}

/** Items with traces of both dialects. */
export function sumItems(
  count: number,
  { left, noise, differences }: SumItemsOptions,
  key: random.Key,
): SumItem[] {
  const dice = random.stream(random.foldIn(key, 'traces'));
  return sumDigits(count, random.foldIn(key, 'digits')).map((digits) => {
    const dialect = dice.uniform() < left ? 'left' : 'right';
    const trace = sumTrace(digits, dialect, differences);
    return { digits, trace: trace.map((digit) => (dice.uniform() < noise ? dice.integer(sumBase) : digit)) };
  });
}

/** Whether a trace is one of the two. */
export function isSumTrace(digits: ArrayLike<number>, trace: ArrayLike<number>): boolean {
  return (['left', 'right'] as const).some((dialect) =>
    sumTrace(digits, dialect).every((digit, t) => digit === trace[t]),
  );
}
