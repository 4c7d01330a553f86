// In place of a job: work without an end that notes a trial now and then, goes on with those of before, and saves when it is told to.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const { words } = JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8'));
const work = join('reproductions', `${words[1]}.partial`);
const journal = join(work, 'outcomes.jsonl');
mkdirSync(work, { recursive: true });
if (!existsSync(journal)) writeFileSync(journal, '{}\n');
console.log(JSON.stringify(process.env));
console.log('started');
const timer = setInterval(() => appendFileSync(journal, '{}\n'), 20);
process.on('SIGTERM', () => {
  clearInterval(timer);
  writeFileSync(join(folder, 'exit.json'), JSON.stringify({ code: 143, ended: new Date().toISOString() }));
  process.exit(143);
});
