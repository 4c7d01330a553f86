import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const style = readFileSync(new URL('../../web/src/style.css', import.meta.url), 'utf8');
const colours = Object.fromEntries(
  [...style.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [
    name!,
    { light: light!, dark: dark! },
  ]),
);

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high! + 0.05) / (low! + 0.05);
}

const texts = ['ink', 'quiet', 'student', 'alone', 'teacher', 'warn'];
const cases = [
  ...texts.flatMap((text) => ['page', 'tint'].map((ground) => [text, ground, 4.5] as const)),
  ['field', 'page', 3] as const,
  ['field', 'tint', 3] as const,
  ['on-accent', 'student', 4.5] as const,
];

test.each(cases)('%s on %s has a contrast of %d', (text, ground, least) => {
  for (const theme of ['light', 'dark'] as const) {
    expect(contrast(colours[text]![theme], colours[ground]![theme]), theme).toBeGreaterThanOrEqual(least);
  }
});
