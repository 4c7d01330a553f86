import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import '../src/index.js';
import type { Browser } from 'playwright-core';
import { bundle } from './browser/bundle.js';
import { hasChromium, openChromium, servePage } from './browser/chromium.js';
import { curves, randomBits } from './browser/training.js';

type Results = { readonly curves: Record<string, number[]>; readonly bits: Record<string, number[]> };

describe.skipIf(!hasChromium)('in a page (skipped without /usr/bin/chromium)', () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof servePage>>;
  let expected: Record<string, number[]>;

  beforeAll(async () => {
    server = await servePage(
      (await bundle("import { results } from './page.js'; Object.assign(globalThis, { results });")).text,
    );
    browser = await openChromium();
    expected = await curves({ threads: 1 });
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  async function inPage(path: string, options: object): Promise<Results & { readonly isolated: boolean }> {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    await page.goto(`${server.url}${path}`);
    const results = await page.evaluate<Results>(`results(${JSON.stringify(options)})`);
    const isolated = await page.evaluate<boolean>('crossOriginIsolated');
    await page.close();
    expect(problems).toEqual([]);
    return { ...results, isolated };
  }

  function expectSameCurves(found: Record<string, number[]>) {
    for (const [model, curve] of Object.entries(expected)) {
      expect(curve.at(-1), `${model} learns`).toBeLessThan(curve[0]! * 0.9);
      const worst = curve.map((loss, i) => Math.abs(found[model]![i]! - loss) / Math.abs(loss));
      expect(Math.max(...worst), model).toBeLessThan(1e-4);
    }
  }

  test('trains like Node and draws the same random numbers', async () => {
    const { curves, bits, isolated } = await inPage('/', { threads: 2 });
    expect(isolated).toBe(false);
    expectSameCurves(curves);
    expect(bits).toEqual(randomBits());
  });

  test('trains on two threads where the page is isolated', async () => {
    const { curves, isolated } = await inPage('/isolated', { threads: 2 });
    expect(isolated).toBe(true);
    expectSameCurves(curves);
  });
});
