const noBreakSpace = '\u00a0';
const groups = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A count with its thousands set apart, such as `790,253`. */
export function formatCount(count: number): string {
  return groups.format(count);
}

/** A size in decimal units, such as `3.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const unit = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${significant(bytes / 1000 ** unit)}${noBreakSpace}${units[unit]}`;
}

/** A time in a fitting unit, such as `53 µs` or `1.2 s`. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds >= 1000) return `${significant(milliseconds / 1000)}${noBreakSpace}s`;
  if (milliseconds >= 1) return `${significant(milliseconds)}${noBreakSpace}ms`;
  return `${significant(1000 * milliseconds)}${noBreakSpace}µs`;
}

/** How many a second, such as `24,000` or `3.5`. */
export function formatRate(rate: number): string {
  return significant(rate);
}

/** A ratio, such as `280 times`. */
export function formatTimes(ratio: number): string {
  return `${significant(ratio)} times`;
}

/** A price, such as `$12.50` or `$0.0031`. */
export function formatDollars(dollars: number): string {
  return dollars === 0 || dollars >= 0.1 ? `$${dollars.toFixed(2)}` : `$${significant(dollars)}`;
}

/** Two significant digits or all digits before the point. */
function significant(value: number): string {
  return value >= 100 ? formatCount(value) : String(Number(value.toPrecision(2)));
}
