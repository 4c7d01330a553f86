import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { hasChromium, openChromium } from '../../../engine/test/browser/chromium.js';

export { hasChromium };

export interface TestBrowser {
  /** One page for all tests of a file, which go on where the one before ended. */
  readonly page: Page;
  /** What went wrong in the page: errors of scripts, and what the policy forbade. */
  readonly problems: string[];
}

export function testBrowser(): TestBrowser {
  const state = { page: undefined as unknown as Page, problems: [] as string[] };
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await openChromium();
    state.page = await browser.newPage();
    state.page.on('pageerror', (error) => state.problems.push(error.message));
    state.page.on('console', (message) => {
      if (message.type() === 'error') state.problems.push(message.text());
    });
    state.page.on('response', (response) => {
      if (response.status() >= 400) state.problems.push(`${response.status()} ${response.url()}`);
    });
    state.page.on('dialog', (dialog) => void dialog.accept());
    // Below the time of a test, so that what was waited for is named.
    state.page.setDefaultTimeout(60_000);
  });
  afterAll(() => browser?.close());
  return state;
}
