const dayFormat = new Intl.DateTimeFormat('en', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});
const timeFormat = new Intl.DateTimeFormat('en', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

/** `2025-12-09` as `Dec 9, 2025`. */
export function day(iso: string): string {
  return dayFormat.format(new Date(`${iso}T00:00:00Z`));
}

/** A time in the reader's own zone, such as `Dec 9, 14:05`. */
export function time(iso: string): string {
  return timeFormat.format(new Date(iso));
}

/** `1 author`, `2 authors`. */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}

/** Seconds as `40 s`, `12 min`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`;
}

/** Bytes in decimal units: `860 kB`, `1.2 MB`. */
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = n < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3));
  const value = n / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

/** 0.917 as `91.7 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A number of any size in four digits: `0.0301`, `12.34`, `20,000`, `3.1e-7`. */
export function number(n: number): string {
  if (Number.isInteger(n)) return n.toLocaleString('en');
  const size = Math.abs(n);
  if (size < 1e-4 || size >= 1e6) return n.toExponential(1);
  return size < 1 ? n.toPrecision(3) : String(Number(n.toPrecision(4)));
}

/** A difference with its sign: `+0.303`, `−0.012`. */
export function signed(n: number): string {
  return `${n < 0 ? '−' : '+'}${number(Math.abs(n))}`;
}

/** The name of a setting for people: `fitEvery` as `fit every`. */
export function words(name: string): string {
  return name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}
