import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, expect, test, vi } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const scratch = join(root, 'scripts', '.examples');
mkdirSync(scratch, { recursive: true });
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Example {
  readonly name: string;
  readonly code: string;
}

/** The `ts` blocks of a page, by the line they start on. */
function examplesOf(page: string): Example[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((m) => ({
    name: `${page}:${text.slice(0, m.index).split('\n').length}`,
    code: m[1]!,
  }));
}

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((f) => f.endsWith('.md'))
    .map((f) => `docs/${f}`),
];

test.each(pages.flatMap(examplesOf).map((e) => [e.name, e] as const))(
  'example %s',
  async (name, { code }) => {
    const file = join(scratch, `${name.replace(/\W/g, '-')}.ts`);
    writeFileSync(file, code);
    const printed: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((...args: unknown[]) => {
      printed.push(args.map((a) => (typeof a === 'string' ? a : inspect(a))).join(' '));
    });
    try {
      await import(/* @vite-ignore */ file);
    } finally {
      log.mockRestore();
    }
    const promised = [...code.matchAll(/\/\/ prints (.*)$/gm)].map((m) => m[1]);
    expect(printed).toEqual(promised);
  },
);

test('generated pages are current', async () => {
  const { operatorsPage } = await import('./operators-page.js');
  const { methodCards, methodsPage, plots, readmePage } = await import('./methods-page.js');
  const read = (page: string) => readFileSync(join(root, page), 'utf8');
  expect(read('docs/operators.md')).toBe(await operatorsPage());
  expect(read('packages/tutelage/src/papers/methods.generated.ts')).toBe(await methodCards());
  expect(read('docs/methods.md')).toBe(await methodsPage());
  expect(read('README.md')).toBe(await readmePage(read('README.md')));
  for (const [path, plot] of Object.entries(await plots())) expect(read(path)).toBe(plot);
});
