import { z } from 'zod';

export interface Link {
  readonly title: string;
  /** http or https. */
  readonly url: string;
}

/** Text on one line. */
export function plain(words: string): string {
  return words.replace(/\s+/g, ' ').trim();
}

export function dayOf(time: string | undefined): string | undefined {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(time ?? '')?.[0];
  return day !== undefined && z.iso.date().safeParse(day).success ? day : undefined;
}

/** A link, unless the address is one that a page must not lead to. */
export function linkOf(title: string, address: string | undefined): Link[] {
  if (address === undefined || !URL.canParse(address)) return [];
  const { protocol, href } = new URL(address);
  return protocol === 'https:' || protocol === 'http:' ? [{ title, url: href }] : [];
}

type Loose<T> = { [K in keyof T]: T[K] | undefined };

/** An object without the keys whose value is undefined. */
export function defined<T extends object>(value: Loose<T>): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
}
