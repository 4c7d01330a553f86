/**
 * Checks that a hyper-parameter is finite and lies between `low` and `high`: both included, or `above` the first, or
 * `below` the second.
 * @throws RangeError that names the value and the range.
 */
export function checkRange(
  name: string,
  value: number,
  low: number,
  high = Number.POSITIVE_INFINITY,
  strict: 'no' | 'above' | 'below' = 'no',
): void {
  const inside =
    Number.isFinite(value) &&
    (strict === 'above' ? value > low : value >= low) &&
    (strict === 'below' ? value < high : value <= high);
  if (inside) return;
  const bounds = [
    ...(low === Number.NEGATIVE_INFINITY ? [] : [`${strict === 'above' ? 'above' : 'at least'} ${low}`]),
    ...(high === Number.POSITIVE_INFINITY ? [] : [`${strict === 'below' ? 'below' : 'at most'} ${high}`]),
  ];
  throw new RangeError(`invalid ${name}: ${value}; must be a number ${bounds.join(' and ')}`);
}
