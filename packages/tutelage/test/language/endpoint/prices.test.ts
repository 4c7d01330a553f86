import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cost, fromDollars, maxCost, priceOf, readPriceList } from '../../../src/language/endpoint/prices.js';

const list = readPriceList();
const openai = { endpoint: 'https://api.openai.com/v1', model: 'gpt-4.1-mini' };

test('the packaged list knows a model by its name, its dated name and its name at a reseller', () => {
  const price = priceOf(openai, list);
  expect(price).toMatchObject({ input: 0.4, cachedInput: 0.1, output: 1.6 });
  expect(priceOf({ ...openai, model: 'gpt-4.1-mini-2025-04-14' }, list)).toEqual(price);
  expect(priceOf({ ...openai, model: 'openai/gpt-4.1-mini' }, list)).toEqual(price);
  expect(priceOf({ ...openai, model: 'gpt-4.1-min' }, list)).toBeUndefined();
});

test('a model on this computer is free, one that only looks so is not', () => {
  expect(priceOf({ endpoint: 'http://localhost:11434/v1', model: 'any' }, list)).toEqual({
    input: 0,
    output: 0,
  });
  expect(priceOf({ endpoint: 'http://127.0.0.1/v1', model: 'any' }, list)).toEqual({ input: 0, output: 0 });
  expect(priceOf({ endpoint: 'https://localhost.example.com/v1', model: 'any' }, list)).toBeUndefined();
  expect(priceOf({ endpoint: 'https://127.example.com/v1', model: 'any' }, list)).toBeUndefined();
});

test('costs are exact whole nano-dollars, rounded up', () => {
  const price = { input: 0.15, cachedInput: 0.075, output: 0.6 };
  expect(cost(price, { input: 1000, cachedInput: 400, output: 10 })).toBe(600 * 150 + 400 * 75 + 10 * 600);
  expect(cost({ input: 0.0375, output: 0 }, { input: 1, cachedInput: 0, output: 0 })).toBe(38);
  expect(cost({ input: 0.1, output: 0 }, { input: 3, cachedInput: 0, output: 0 })).toBe(300);
  expect(cost({ input: 2, output: 0 }, { input: 5, cachedInput: 5, output: 0 })).toBe(10_000);
  expect(fromDollars(0.29)).toBe(290_000_000);
});

test('the most a call can cost bounds what it does cost', () => {
  const price = { input: 0.4, cachedInput: 0.9, output: 1.6 };
  const usage = { input: 77, cachedInput: 70, output: 5 };
  expect(maxCost(price, 77, 5)).toBeGreaterThanOrEqual(cost(price, usage));
});

test('a bad price list of the user names the file and the place', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'prices-')), 'mine.json');
  expect(() => readPriceList(file)).toThrow(/unreadable price list: .*mine\.json/);
  writeFileSync(file, '{"date": "2026-01-01", "models": {"m": {"input": -1, "output": 1}}}');
  expect(() => readPriceList(file)).toThrow(/not a price list: .*mine\.json/);
});
