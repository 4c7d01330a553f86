const right = new Set(['1', '1.0', 'true', 'correct', 'right', 'yes']);
const wrong = new Set(['0', '0.0', 'false', 'incorrect', 'wrong', 'no']);

/**
 * An answer as right (1) or wrong (0).
 *
 * @param threshold with one, the text is a score, and right from there on
 * @returns undefined for what is neither
 */
export function responseOf(text: string, threshold?: number): 0 | 1 | undefined {
  if (text === '1') return 1;
  if (text === '0') return 0;
  const trimmed = text.trim().toLowerCase();
  if (threshold !== undefined) {
    const score = trimmed === '' ? Number.NaN : Number(trimmed);
    return Number.isNaN(score) ? undefined : score >= threshold ? 1 : 0;
  }
  if (right.has(trimmed)) return 1;
  return wrong.has(trimmed) ? 0 : undefined;
}

/** A number; undefined for an empty text, or one that is no finite number. */
export function numberOf(text: string): number | undefined {
  if (text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

const zone = /(?:Z|[+-]\d{2}:?\d{2}|GMT|UTC)$/i;

/** A time in milliseconds since 1970, and whether its time zone was missing and UTC was assumed. */
export interface ReadTime {
  readonly milliseconds: number;
  readonly zoneless: boolean;
}

/** A number of milliseconds, or a date with time. @returns undefined for what is neither */
export function timeOf(text: string): ReadTime | undefined {
  const number = numberOf(text);
  if (number !== undefined) return { milliseconds: number, zoneless: false };
  const trimmed = text.trim();
  const zoneless = !zone.test(trimmed);
  const date = /^\d{4}-\d{2}-\d{2}$/.test(trimmed);
  const milliseconds = Date.parse(zoneless && !date ? `${trimmed.replace(' ', 'T')}Z` : trimmed);
  if (Number.isFinite(milliseconds)) return { milliseconds, zoneless };
  const loose = Date.parse(`${trimmed} UTC`);
  return Number.isFinite(loose) ? { milliseconds: loose, zoneless } : undefined;
}

const period =
  /^P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** A duration of ISO 8601 in milliseconds; years, months and weeks are not read. */
export function periodOf(text: string): number | undefined {
  const parts = period.exec(text.trim());
  if (!parts || parts.slice(1).every((part) => part === undefined)) return undefined;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return (((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000;
}
