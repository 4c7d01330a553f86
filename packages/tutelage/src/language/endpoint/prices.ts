import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import type { Target } from './request.js';

/** US dollars per million tokens. */
const priceSchema = z.object({
  input: z.number().nonnegative(),
  /** Input tokens that the provider found in its prompt cache; as `input` if absent. */
  cachedInput: z.number().nonnegative().optional(),
  output: z.number().nonnegative(),
});
export type Price = z.infer<typeof priceSchema>;

const priceListSchema = z.object({
  /** The day on which the prices were read. */
  date: z.iso.date(),
  models: z.record(z.string(), priceSchema),
});
export type PriceList = z.infer<typeof priceListSchema>;

/** Tokens as the provider counted them; `cachedInput` is a part of `input`. */
export interface Usage {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
}

/** The sources are published beside the compiled files, so one path serves both. */
const packaged = new URL('../../../src/language/endpoint/prices.json', import.meta.url);

/**
 * Reads a price list: the packaged one, or the user's own in the same form.
 * @throws {UserError} if the file is missing or not a price list
 */
export function readPriceList(file: string | URL = packaged): PriceList {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(
      `unreadable price list: ${String(file)}: ${error instanceof Error ? error.message : error}`,
    );
  }
  const list = priceListSchema.safeParse(json);
  if (list.success) return list.data;
  throw new UserError(`not a price list: ${String(file)}`, { hint: z.prettifyError(list.error) });
}

/**
 * The price of a model if known; dated names take their family's. A model on this computer costs nothing, unless it
 * bears a listed name: then the endpoint is a proxy.
 */
export function priceOf({ endpoint, model }: Target, list: PriceList): Price | undefined {
  const name = model.replace(/^.*\//, '').replace(/-(\d{8}|\d{4}-\d\d-\d\d)$/, '');
  return list.models[name] ?? (isLocal(endpoint) ? { input: 0, output: 0 } : undefined);
}

function isLocal(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return false;
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(endpoint).hostname);
}

/**
 * What a call costs in nano-dollars (1e-9), rounded up to a whole one. Whole numbers add up exactly, in any order,
 * up to 9 million dollars.
 */
export function cost(price: Price, usage: Usage): number {
  const cached = Math.min(usage.cachedInput, usage.input);
  const pico =
    (usage.input - cached) * picoDollars(price.input) +
    cached * picoDollars(price.cachedInput ?? price.input) +
    usage.output * picoDollars(price.output);
  return Math.ceil(pico / 1000);
}

/** The most that a call can cost, in nano-dollars: nothing found in the provider's cache, the longest answer. */
export function maxCost(price: Price, maxInput: number, maxOutput: number): number {
  const input = Math.max(price.input, price.cachedInput ?? 0);
  return cost({ input, output: price.output }, { input: maxInput, cachedInput: 0, output: maxOutput });
}

export function fromDollars(dollars: number): number {
  return Math.round(dollars * 1e9);
}

export function toDollars(nanoDollars: number): number {
  return nanoDollars / 1e9;
}

/** One token at p dollars a million costs p million pico-dollars. */
function picoDollars(perMillion: number): number {
  return Math.round(perMillion * 1e6);
}
