/** @throws RangeError unless there is at least one value and both lists are equally long. */
export function checkPaired(what: string, first: ArrayLike<unknown>, second: ArrayLike<unknown>): void {
  checkSome(what, first);
  if (first.length === second.length) return;
  throw new RangeError(`${what}: lists of different lengths: ${first.length} and ${second.length}`);
}

/** @throws RangeError if there is no value. */
export function checkSome(what: string, values: ArrayLike<unknown>): void {
  if (values.length === 0) throw new RangeError(`${what}: nothing to measure`);
}

export function mean(values: ArrayLike<number>): number {
  checkSome('mean', values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
