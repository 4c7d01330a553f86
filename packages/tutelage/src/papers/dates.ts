const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * A day such as `Jul 18, 2024`, and the count that a listing may put after it: `May 26 2` is day 26 and the count 2.
 *
 * @param year what is meant where none is given
 * @returns undefined for what is no day
 */
export function dayAndCount(
  text: string,
  year: number,
): { readonly day: string; readonly count?: number } | undefined {
  const match = /^([A-Z][a-z]{2})[a-z]* (\d{1,2})(?:, (\d{4}))?(?: (\d+))?$/.exec(text.trim());
  if (!match) return undefined;
  const month = months.indexOf(match[1]!.toLowerCase());
  const day = isoDay(Number(match[3] ?? year), month, Number(match[2]));
  if (day === undefined) return undefined;
  return match[4] === undefined ? { day } : { day, count: Number(match[4]) };
}

function isoDay(year: number, month: number, day: number): string | undefined {
  const date = new Date(Date.UTC(year, month, day));
  return month >= 0 && date.getUTCMonth() === month ? date.toISOString().slice(0, 10) : undefined;
}
