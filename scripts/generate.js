// Writes the pages that are made from the code; with --check, fails if one is not current.
import { readFileSync, writeFileSync } from 'node:fs';
import { methodCards, methodsPage, plots, readmePage } from './methods-page.js';
import { operatorsPage } from './operators-page.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const pages = {
  'docs/operators.md': await operatorsPage(),
  'docs/methods.md': await methodsPage(),
  'packages/tutelage/src/papers/methods.generated.ts': await methodCards(),
  'README.md': await readmePage(readme),
  ...(await plots()),
};

for (const [path, text] of Object.entries(pages)) {
  const file = new URL(`../${path}`, import.meta.url);
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${path} is not current: run npm run generate`);
    process.exitCode = 1;
  }
}
