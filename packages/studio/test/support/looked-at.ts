import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The rules of WCAG 2.2 up to AA. */
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** From now on, notes what moves on pages without the reader's doing. */
export async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(`
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const { hadRecentInput, value, sources } of list.getEntries()) {
        const moved = sources.map(({ node }) => node?.nodeName + '.' + node?.className).join(', ');
        if (!hadRecentInput) window.shifts.push({ value, moved });
      }
    }).observe({ type: 'layout-shift', buffered: true });
  `);
}

/** What has moved by more than a line of a list would, on a page that is watched. */
export function shifts(page: Page): Promise<{ readonly value: number; readonly moved: string }[]> {
  return page.evaluate('window.shifts.filter(({ value }) => value > 0.001)');
}

/** What of WCAG AA a page does not keep to, as far as a program can tell: rules with the places that break them. */
export async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(`
    axe.run({ runOnly: ${JSON.stringify(rules)} }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join('; ')))
  `);
}
