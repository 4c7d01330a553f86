import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { areBuilt, pagesFolder } from '../support/pages.js';

const budget = 300_000;

const built = areBuilt();
const absent = built ? '' : ' (skipped: the pages are not built: npm run build)';

const read = (name: string) => readFileSync(join(pagesFolder, name), 'utf8');

/** A built script with those that it imports from the start. */
function withImports(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  const imports = read(name).matchAll(/\b(?:import|from)\s*["'`]\.\/([\w.-]+\.js)["'`]/g);
  for (const [, file] of imports) withImports(`assets/${file}`, found);
  return found;
}

/** What the page itself names: its scripts and styles, and what they import. */
function firstLoad(): string[] {
  const page = read('index.html');
  const named = [...page.matchAll(/(?:src|href)="\/([\w./-]+)"/g)].map(([, name]) => name!);
  expect(named.filter((name) => name.endsWith('.js'))).not.toEqual([]);
  return [...new Set(named.flatMap((name) => (name.endsWith('.js') ? [...withImports(name)] : [name])))];
}

test.skipIf(!built)(
  `the first load stays under 300 kB compressed, without Plot and the runtime${absent}`,
  () => {
    const files = firstLoad();
    const bytes = files.reduce(
      (sum, name) => sum + gzipSync(read(name)).length,
      gzipSync(read('index.html')).length,
    );
    expect(bytes).toBeLessThan(budget);
    expect(files.filter((name) => /plots|try-|open-model|ort/.test(name))).toEqual([]);
  },
);

test.skipIf(!built)(
  `the page has no script or handler of its own that the policy would forbid${absent}`,
  () => {
    const page = read('index.html');
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(page).not.toMatch(/\son\w+=/);
    expect(page).not.toMatch(/https?:/);
  },
);
